// SPDX-License-Identifier: BSD-2-Clause
// A mail address as it stands in MAIL FROM or RCPT TO (RFC 5321 section 4.1.2,
// RFC 6531). A value; it also holds what no server should have sent us.
#ifndef MAILREEVE_CORE_ADDRESS_H
#define MAILREEVE_CORE_ADDRESS_H

#include <string>
#include <string_view>

namespace mailreeve {

// How the MTA reads an argument of MAIL or RCPT. Empty: it does not say.
struct MtaReading {
  std::string_view address{};  // {mail_addr}, {rcpt_addr}
  std::string_view mailer{};   // {mail_mailer}, {rcpt_mailer}
  std::string_view host{};     // its own name, {j}
};

class Address {
 public:
  // The path with or without angle brackets; an RFC 821 source route is
  // dropped. "" and "<>" are the null reverse-path. Never fails: what is no
  // address is kept as text, and malformed() says so.
  static Address parse(std::string_view path);
  // The address that the message will carry. MTAs repair much before they queue it
  // ("a%d", "a@(c)d", "<<a@d>>" become a@d): where the path is not plainly RFC 5321's,
  // their reading counts. Malformed if that is no address either, or tells too little.
  static Address read(std::string_view path, const MtaReading& mta);
  // Of a name that is written as an address: it is no path, so that "<a@d>" and
  // "@relay:a@d" are malformed.
  static Address parse_name(std::string_view name);
  Address() = default;

  // Without brackets, without quotes that the local part does not need, without a
  // dot at the end; otherwise as written, and all as written if it is malformed.
  const std::string& text() const { return text_; }
  bool is_null() const { return text_.empty(); }
  // No domain behind the "@", or one that is no name, or a local part that is neither
  // plain nor one quoted string: what others might read in another way. A bare
  // "postmaster" is not malformed (RFC 5321 section 4.5.1) and has no domain.
  bool malformed() const { return malformed_; }
  // As in text(): quoted if it must be.
  std::string_view local() const { return std::string_view(text_).substr(0, local_size_); }
  // Lower case, A-labels; empty for a null or bare address.
  const std::string& domain() const { return domain_; }
  // What is compared: the local part by fold_case() (most systems treat it so, RFC 5321
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

// A user's name as it is compared, without white space around it: an address folded,
// anything else by fold_case(). Folding what is folded changes nothing.
std::string fold_name(std::string_view name);

}  // namespace mailreeve

#endif
