// SPDX-License-Identifier: BSD-2-Clause
// A mail address as in MAIL FROM or RCPT TO (RFC 5321 section 4.1.2, RFC 6531).
// A value, which can also hold malformed input.
#ifndef MAILREEVE_CORE_ADDRESS_H
#define MAILREEVE_CORE_ADDRESS_H

#include <string>
#include <string_view>

namespace mailreeve {

// The MTA's reading of an argument of MAIL or RCPT. Empty members are unknown.
struct MtaReading {
  std::string_view address{};  // {mail_addr}, {rcpt_addr}
  std::string_view mailer{};   // {mail_mailer}, {rcpt_mailer}
  std::string_view host{};     // the MTA's own name, {j}
};

class Address {
 public:
  // Parses a path with or without angle brackets. Drops an RFC 821 source route. ""
  // and "<>" are the null reverse-path. Never fails: text that is not an address is
  // kept, and malformed() returns true.
  static Address parse(std::string_view path);
  // Returns the address that the message will carry. MTAs repair many addresses before
  // they queue them ("a%d", "a@(c)d", "<<a@d>>" become a@d): unless the path plainly
  // follows RFC 5321, their reading counts. Malformed if that reading is not a
  // complete address, either.
  static Address read(std::string_view path, const MtaReading& mta);
  // Parses a name that is written as an address. Treats paths as malformed: "<a@d>", "@relay:a@d".
  static Address parse_name(std::string_view name);
  Address() = default;

  // Omits brackets, unneeded quotes of the local part, and a trailing dot;
  // otherwise as written, and entirely as written if malformed.
  const std::string& text() const { return text_; }
  bool is_null() const { return text_.empty(); }
  // There is no valid domain after the "@", or the local part is neither plain nor one
  // quoted string, so that other software might read it differently. A bare
  // "postmaster" has no domain and is not malformed (RFC 5321 section 4.5.1).
  bool malformed() const { return malformed_; }
  // As in text(): quoted if necessary.
  std::string_view local() const { return std::string_view(text_).substr(0, local_size_); }
  // Lower case, A-labels; empty for a null or bare address.
  const std::string& domain() const { return domain_; }
  // For comparison: the local part by fold_case() (as most systems treat it, despite
  // RFC 5321 section 2.4), the domain as domain().
  std::string folded() const;

 private:
  Address completed(std::string_view host) const;
  static Address unreadable(std::string_view path);

  std::string text_;
  std::size_t local_size_ = 0;
  std::string domain_;
  bool malformed_ = false;
};

// Folds a user's name for comparison, without surrounding whitespace: an address
// by folded(), anything else by fold_case(). Folding is idempotent.
std::string fold_name(std::string_view name);

// "alice@example.com" of the folded address "alice+news@example.com"; unchanged if it has no
// extension. A "+" at the beginning, or in a quoted local part, begins none.
std::string without_extension(const std::string& folded);

}  // namespace mailreeve

#endif
