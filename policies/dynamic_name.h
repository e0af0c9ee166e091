// SPDX-License-Identifier: BSD-2-Clause
// Whether a client's name is one that a provider gives to its customers' lines and
// machines, and says nothing of whose mail comes from there.
#ifndef MAILREEVE_POLICIES_DYNAMIC_NAME_H
#define MAILREEVE_POLICIES_DYNAMIC_NAME_H

#include <string_view>

#include "core/ip_address.h"

namespace mailreeve {

// True if the name shows the address: two of its octets behind one another, in decimal,
// in hexadecimal or padded, in order or reversed; or if it says so ("dyn", "dsl", "pool",
// "static", "vps") or counts (five digits and more) in front of the registered domain. A
// name that says what mail servers do ("mail", "mta", "smtp", "out") is not taken at its
// other words, nor at two octets, but at three and more.
//   dslb-192-000-002-001.pools.example.net, p5b0a0c22.dip0.example.net: true
//   mta12.example.com, a8-31.smtp-out.example.com: false
// In time proportional to the name's length; a name that DNS cannot have is dynamic.
bool looks_dynamic(std::string_view name, const IpAddress& address);

}  // namespace mailreeve

#endif
