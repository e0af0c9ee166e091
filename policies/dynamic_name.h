// SPDX-License-Identifier: BSD-2-Clause
// Recognizes client names that a provider assigns to its customers' lines and
// machines, and that do not identify the sender of mail from there.
#ifndef MAILREEVE_POLICIES_DYNAMIC_NAME_H
#define MAILREEVE_POLICIES_DYNAMIC_NAME_H

#include <string_view>

#include "core/ip_address.h"

namespace mailreeve {

// True if the name shows the address: three consecutive octets of it, in decimal,
// hexadecimal or padded, in order or reversed, or two in decimal with no letter between
// them; or if it has such a word ("dyn", "dsl", "pool", "static", "vps") or a number of
// five or more digits before the registered domain. In a name with a word for mail servers ("mail", "mta",
// "smtp", "out"), other words do not count, and it must show at least three octets.
//   dslb-192-000-002-001.pools.example.net, p5b0a0c22.dip0.example.net: true
//   mta12.example.com, a8-31.smtp-out.example.com: false
// In time proportional to the name's length; a name that is invalid in DNS is dynamic.
bool looks_dynamic(std::string_view name, const IpAddress& address);

}  // namespace mailreeve

#endif
