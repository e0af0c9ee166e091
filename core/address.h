// SPDX-License-Identifier: BSD-2-Clause
// A mail address as it stands in MAIL FROM or RCPT TO (RFC 5321 section 4.1.2,
// RFC 6531). A value; it also holds what no server should have sent us.
#ifndef MAILREEVE_CORE_ADDRESS_H
#define MAILREEVE_CORE_ADDRESS_H

#include <string>
#include <string_view>

namespace mailreeve {

class Address {
 public:
  // The path with or without angle brackets; an RFC 821 source route is
  // dropped. "" and "<>" are the null reverse-path. Never fails: what is no
  // address is kept as text, and malformed() says so.
  static Address parse(std::string_view path);
  Address() = default;

  // Without brackets, otherwise as the client wrote it.
  const std::string& text() const { return text_; }
  bool is_null() const { return text_.empty(); }
  // No domain behind the "@", or one that is no name, or a local part that is neither
  // plain nor one quoted string: what others might read in another way. A bare
  // "postmaster" is not malformed (RFC 5321 section 4.5.1) and has no domain.
  bool malformed() const { return malformed_; }
  // As written, quotes included.
  std::string_view local() const { return std::string_view(text_).substr(0, local_size_); }
  // Lower case, A-labels; empty for a null or bare address.
  const std::string& domain() const { return domain_; }
  // What is compared: ASCII letters of the local part in lower case (most systems
  // treat them so, RFC 5321 section 2.4 notwithstanding), the domain as domain().
  std::string folded() const;

 private:
  std::string text_;
  std::size_t local_size_ = 0;
  std::string domain_;
  bool malformed_ = false;
};

// A user's name as it is compared: an address folded, anything else in lower case.
std::string fold_name(std::string_view name);

}  // namespace mailreeve

#endif
