// SPDX-License-Identifier: BSD-2-Clause
// The identity that an SPF check examines (RFC 7208 sections 2.3, 2.4 and 4.3), and
// the domains that are valid for it. Values and pure functions.
#ifndef MAILREEVE_SPF_IDENTITY_H
#define MAILREEVE_SPF_IDENTITY_H

#include <string>
#include <string_view>

#include "core/ip_address.h"
#include "spf/engine.h"

namespace mailreeve {

struct Identity {
  std::string local;   // "postmaster" if the sender has none
  std::string domain;  // lower case, A-labels (RFC 8616); possibly invalid
  std::string helo;    // likewise
};

// Keeps at most 255 octets of each part: a longer part cannot be a DNS name (RFC
// 5321 section 4.5.3.1), and macros repeat the parts.
Identity identity_of(const SpfQuery& query);
// Returns the outcome before any DNS query, with result none. If it has a
// problem, the domain cannot be checked (section 4.3), and the outcome is final.
SpfOutcome begin_outcome(const SpfQuery& query, const Identity& identity);

// Requires at least two labels of 1 to 63 octets, and at most 253 octets in total.
bool is_multi_label_domain(std::string_view domain);

// Removes the trailing dot, and as many labels from the left as needed to fit
// 253 octets (section 7.3).
std::string_view cut_name(std::string_view name);

// Whether `name` is `domain` or a subdomain; both must be in lower case.
bool is_within(std::string_view name, std::string_view domain);

// "1.2.0.192.in-addr.arpa"
std::string reverse_name(const IpAddress& address);
// Returns the value of %{i}: "192.0.2.1", or 32 nibbles separated by dots.
std::string dotted(const IpAddress& address);

}  // namespace mailreeve

#endif
