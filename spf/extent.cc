// SPDX-License-Identifier: BSD-2-Clause
#include "spf/extent.h"

#include <algorithm>

namespace mailreeve {

namespace {

using Mechanism = Directive::Mechanism;

}  // namespace

void Extent::add(const Record& record) {
  const Mechanism own = v4_ ? Mechanism::Ip4 : Mechanism::Ip6;
  for (const Directive& directive : record.directives)
    if (directive.mechanism == own && directive.result == SpfResult::Pass)
      add_network(directive.network.prefix);
}

void Extent::add(const Directive& directive, std::size_t addresses) {
  if (directive.result != SpfResult::Pass) return;
  for (std::size_t i = 0; i < addresses; ++i) add_network(v4_ ? directive.prefix4 : directive.prefix6);
}

// Counts an IPv6 network longer than /64 as a /64. Stops counting once the
// extent is too large, so that it cannot overflow.
void Extent::add_network(unsigned prefix) {
  if (is_too_large()) return;
  const unsigned bits = v4_ ? 32 : 64;
  const unsigned rest = bits - std::min(prefix, bits);
  units_ += rest >= 63 ? kMostV6 + 1 : std::uint64_t{1} << rest;
}

bool is_a_hosts(const IpAddress& address) {
  const auto& octets = address.octets();
  if (address.is_loopback()) return false;
  if (address.is_v4()) {
    const bool link_local = octets[0] == 169 && octets[1] == 254;
    return octets[0] != 0 && octets[0] < 224 && !link_local;
  }
  const bool unspecified = std::all_of(octets.begin(), octets.end(), [](auto octet) { return octet == 0; });
  const bool link_local = octets[0] == 0xfe && (octets[1] & 0xc0U) == 0x80;
  return !unspecified && !link_local && octets[0] != 0xff;
}

}  // namespace mailreeve
