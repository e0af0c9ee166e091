// SPDX-License-Identifier: BSD-2-Clause
// DNS lists of addresses (RFC 5782), for callers that only ask whether an address is on one of them.
// Implementations are safe to call from any thread.
#ifndef MAILREEVE_CORE_ADDRESS_LISTS_H
#define MAILREEVE_CORE_ADDRESS_LISTS_H

#include <optional>
#include <span>
#include <string>

#include "core/ip_address.h"
#include "util/time.h"

namespace mailreeve {

class AddressLists {
 public:
  virtual ~AddressLists() = default;
  // Asks all zones at once. Returns nullopt if no zone lists the address and not all have answered.
  virtual std::optional<bool> listed(const IpAddress& address, std::span<const std::string> zones,
                                     Deadline deadline) = 0;
};

}  // namespace mailreeve

#endif
