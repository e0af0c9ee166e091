// SPDX-License-Identifier: BSD-2-Clause
// An IPv4 or IPv6 address, and a network. Values, usable from any thread.
#ifndef MAILREEVE_CORE_IP_ADDRESS_H
#define MAILREEVE_CORE_IP_ADDRESS_H

#include <array>
#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

// An IPv4-mapped IPv6 address (::ffff:192.0.2.1) becomes the IPv4 address (RFC
// 7208 section 5), whatever it was made from.
class IpAddress {
 public:
  // Parses a dotted quad or RFC 4291 text, with or without the "IPv6:" tag of
  // Sendmail and address literals. Returns nullopt for anything else.
  static std::optional<IpAddress> parse(std::string_view text);
  // Parses an address literal: "[192.0.2.1]", "[IPv6:2001:db8::1]".
  static std::optional<IpAddress> parse_literal(std::string_view text);
  // Octets in network order.
  static IpAddress v4(const std::array<std::uint8_t, 4>& octets);
  static IpAddress v6(const std::array<std::uint8_t, 16>& octets);

  bool is_v4() const { return v4_; }
  unsigned bits() const { return v4_ ? 32 : 128; }
  // Network order; an IPv4 address fills the first four octets.
  const std::array<std::uint8_t, 16>& octets() const { return octets_; }
  // Formats IPv6 as in RFC 5952.
  std::string text() const;
  bool is_loopback() const;
  // Returns this address with all but the first `prefix` bits cleared;
  // unchanged if `prefix` is longer than the address.
  IpAddress masked(unsigned prefix) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;
  bool v4_ = true;
  std::array<std::uint8_t, 16> octets_{};
};

// An address and the number of its significant leading bits.
class Network {
 public:
  // Parses "192.0.2.0/24", "2001:db8::/32" or "192.0.2.1" (the whole address),
  // and clears the host bits. Returns nullopt for anything else.
  static std::optional<Network> parse(std::string_view text);
  Network(const IpAddress& address, unsigned prefix);

  bool contains(const IpAddress& address) const;
  std::string text() const;

 private:
  IpAddress base_;
  unsigned prefix_;
};

// "1.2.0.192", or the 32 nibbles of an IPv6 address in lower case: the order of DNS names
// (RFC 1035 section 3.5, RFC 3596 section 2.5, RFC 5782 section 2).
std::string reversed(const IpAddress& address);

bool contains(const std::vector<Network>& networks, const IpAddress& address);

}  // namespace mailreeve

#endif
