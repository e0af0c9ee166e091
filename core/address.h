// SPDX-License-Identifier: BSD-2-Clause
// A mail address as in MAIL FROM or RCPT TO (RFC 5321 section 4.1.2, RFC 6531).
// A value, which can also hold malformed input.
#ifndef MAILREEVE_CORE_ADDRESS_H
#define MAILREEVE_CORE_ADDRESS_H

#include <string>
#include <string_view>

namespace mailreeve {

// The MTA's reading of an argument of MAIL or RCPT. Empty: not known.
struct MtaReading {
  std::string_view address{};  // {mail_addr}, {rcpt_addr}
  std::string_view mailer{};   // {mail_mailer}, {rcpt_mailer}
  std::string_view host{};     // its own name, {j}
};

class Address {
 public:
  // The path with or without angle brackets; an RFC 821 source route is
  // dropped. "" and "<>" are the null reverse-path. Never fails: text that is not an
  // address is kept, and malformed() returns true.
  static Address parse(std::string_view path);
  // The address that the message will carry. MTAs repair many addresses before they queue
  // them ("a%d", "a@(c)d", "<<a@d>>" become a@d): if the path does not plainly follow RFC
  // 5321, their reading counts. Malformed if that is not an address either, or incomplete.
  static Address read(std::string_view path, const MtaReading& mta);
  // Parses a name that is written as an address. It is not a path: "<a@d>" and
  // "@relay:a@d" are malformed.
  static Address parse_name(std::string_view name);
  Address() = default;

  // Without brackets, unneeded quotes of the local part, and a trailing dot;
  // otherwise as written, and entirely as written if malformed.
  const std::string& text() const { return text_; }
  bool is_null() const { return text_.empty(); }
  // There is no valid domain after the "@", or the local part is neither plain nor one
  // quoted string: other software might read it differently. A bare
  // "postmaster" is not malformed (RFC 5321 section 4.5.1) and has no domain.
  bool malformed() const { return malformed_; }
  // As in text(): quoted if necessary.
  std::string_view local() const { return std::string_view(text_).substr(0, local_size_); }
  // Lower case, A-labels; empty for a null or bare address.
  const std::string& domain() const { return domain_; }
  // For comparison: the local part by fold_case() (most systems treat it so, RFC 5321
  // section 2.4 notwithstanding), the domain as domain().
  std::string folded() const;

 private:
  Address completed(std::string_view host) const;
  static Address unreadable(std::string_view path);

  std::string text_;
  std::size_t local_size_ = 0;
  std::string domain_;
  bool malformed_ = false;
};

// A user's name for comparison, without surrounding whitespace: an address folded,
// anything else by fold_case(). Folding is idempotent.
std::string fold_name(std::string_view name);

}  // namespace mailreeve

#endif
