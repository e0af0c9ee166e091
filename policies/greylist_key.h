// SPDX-License-Identifier: BSD-2-Clause
// The key by which greylisting recognizes a retry.
#ifndef MAILREEVE_POLICIES_GREYLIST_KEY_H
#define MAILREEVE_POLICIES_GREYLIST_KEY_H

#include <string>

#include "core/address.h"
#include "core/ip_address.h"

namespace mailreeve {

// The sender without the parts that change from one message of a system to the next: case and Unicode's
// form, a +extension, the tag of BATV, the hash and time of SRS; the serial number, hash, UUID
// or random word of a bounce address and everything after it; the host in its domain.
// "<>" for the null reverse-path. At most 1024 octets, in time proportional to
// the address's length.
//   Bounce-4711-a=b@mx7.Example.com -> bounce-#@example.com
//   0102018f3c2b1a4d-5e6f7a8b-000000@eu.example.com -> #@example.com
//   prvs=0123456789=joe@example.com -> joe@example.com
//   SRS0=hHh=TT=example.org=joe@fwd.example -> srs=example.org=joe@fwd.example
std::string greylist_sender(const Address& sender);

// The recipient in lower case and normalization form C, without a +extension. At most 1024 octets.
std::string greylist_recipient(const Address& recipient);

// "192.0.2.0/24", "2001:db8:1:2::/64"
std::string greylist_client(const IpAddress& client, unsigned ipv4_prefix, unsigned ipv6_prefix);
// "192.0.2.7/32", "2001:db8:1:2::7/128"
std::string greylist_host(const IpAddress& client);

}  // namespace mailreeve

#endif
