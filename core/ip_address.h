// SPDX-License-Identifier: BSD-2-Clause
// An IPv4 or IPv6 address, and a network of them. Values, usable from any
// thread.
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

// An IPv4-mapped IPv6 address (::ffff:192.0.2.1) is that IPv4 address
// (RFC 7208 section 5), whatever it was made from.
class IpAddress {
 public:
  // Dotted quad or RFC 4291 text, also with the "IPv6:" tag that Sendmail and
  // address literals put in front; nullopt otherwise.
  static std::optional<IpAddress> parse(std::string_view text);
  // Octets in network order.
  static IpAddress v4(const std::array<std::uint8_t, 4>& octets);
  static IpAddress v6(const std::array<std::uint8_t, 16>& octets);

  bool is_v4() const { return v4_; }
  unsigned bits() const { return v4_ ? 32 : 128; }
  // Network order; an IPv4 address fills the first four octets.
  const std::array<std::uint8_t, 16>& octets() const { return octets_; }
  // RFC 5952 for IPv6.
  std::string text() const;
  bool is_loopback() const;
  // This address with all but the first `prefix` bits cleared; a prefix longer
  // than the address changes nothing.
  IpAddress masked(unsigned prefix) const;

  auto operator<=>(const IpAddress&) const = default;

 private:
  IpAddress() = default;
  bool v4_ = true;
  std::array<std::uint8_t, 16> octets_{};
};

// An address and the number of its leading bits that count.
class Network {
 public:
  // "192.0.2.0/24", "2001:db8::/32", "192.0.2.1" (the whole address). Host
  // bits after the prefix are cleared; nullopt if it is none of these.
  static std::optional<Network> parse(std::string_view text);
  Network(const IpAddress& address, unsigned prefix);

  bool contains(const IpAddress& address) const;
  std::string text() const;

 private:
  IpAddress base_;
  unsigned prefix_;
};

bool contains(const std::vector<Network>& networks, const IpAddress& address);

}  // namespace mailreeve

#endif
