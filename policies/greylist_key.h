// SPDX-License-Identifier: BSD-2-Clause
// What makes two attempts the same for greylisting.
#ifndef MAILREEVE_POLICIES_GREYLIST_KEY_H
#define MAILREEVE_POLICIES_GREYLIST_KEY_H

#include <string>

#include "core/address.h"
#include "core/ip_address.h"

namespace mailreeve {

// The sender without what changes from one message to the next: case, a
// +extension, the tag of BATV (prvs=), the hash and time of SRS, the numbers of
// a VERP or bounce address. "<>" for the null reverse-path. At most 1024
// octets.
//   Bounce-4711-a=b@Example.com -> bounce-#-a=b@example.com
//   prvs=0123456789=joe@example.com -> joe@example.com
//   SRS0=hHh=TT=example.org=joe@fwd.example -> srs0=example.org=joe@fwd.example
std::string greylist_sender(const Address& sender);

// The recipient in lower case, without a +extension. At most 1024 octets.
std::string greylist_recipient(const Address& recipient);

// "192.0.2.0/24", "2001:db8:1:2::/64"
std::string greylist_client(const IpAddress& client, unsigned ipv4_prefix, unsigned ipv6_prefix);

}  // namespace mailreeve

#endif
