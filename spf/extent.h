// SPDX-License-Identifier: BSD-2-Clause
// Counts the addresses that the records of an evaluation authorize, and tells
// whether a pass still identifies one client. Belongs to one evaluation.
#ifndef MAILREEVE_SPF_EXTENT_H
#define MAILREEVE_SPF_EXTENT_H

#include <cstdint>

#include "core/ip_address.h"
#include "spf/record.h"

namespace mailreeve {

// The largest network that can still be one client.
inline constexpr unsigned kWidestV4 = 10;
inline constexpr unsigned kWidestV6 = 29;

class Extent {
 public:
  explicit Extent(const IpAddress& client) : v4_(client.is_v4()) {}

  // Both count networks of the client's family whose qualifier is "+".
  void add(const Record& record);                               // its ip4 and ip6
  void add(const Directive& directive, std::size_t addresses);  // one network per address of a or mx
  // More than a /10 of IPv4 or a /29 of IPv6 in total. The largest senders' records
  // authorize about 2^19 addresses; the record of a company that includes all of
  // them, 2^21. A provider's whole IPv6 allocation is a /32 or a /29.
  bool is_too_large() const { return units_ > (v4_ ? kMostV4 : kMostV6); }

 private:
  static constexpr std::uint64_t kMostV4 = std::uint64_t{1} << (32 - kWidestV4);  // addresses
  static constexpr std::uint64_t kMostV6 = std::uint64_t{1} << (64 - kWidestV6);  // networks of 64 bits

  void add_network(unsigned prefix);

  bool v4_;
  std::uint64_t units_ = 0;
};

// Whether an Internet host can have this address. False for 0.0.0.0/8,
// loopback, link-local, multicast, 240.0.0.0/4 and their IPv6 counterparts (RFC
// 6890). True for private addresses.
bool is_a_hosts(const IpAddress& address);

}  // namespace mailreeve

#endif
