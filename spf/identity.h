// SPDX-License-Identifier: BSD-2-Clause
// The identity that an SPF check examines (RFC 7208 sections 2.3, 2.4 and 4.3), and
// valid domains for it. Values and pure functions.
#ifndef MAILREEVE_SPF_IDENTITY_H
#define MAILREEVE_SPF_IDENTITY_H

#include <string>
#include <string_view>

#include "core/ip_address.h"
#include "spf/engine.h"

namespace mailreeve {

struct Identity {
  std::string local;   // "postmaster" if the sender has none
  std::string domain;  // lower case, A-labels (RFC 8616); may be invalid
  std::string helo;    // likewise
};

// Keeps at most 255 octets of each part: a longer one cannot be a DNS name (RFC 5321
// section 4.5.3.1), and macros repeat them.
Identity identity_of(const SpfQuery& query);
// The outcome before any DNS query: result none. If it has a problem, the domain
// cannot be checked (section 4.3), and this is the final outcome.
SpfOutcome begin_outcome(const SpfQuery& query, const Identity& identity);

// Labels of 1 to 63 octets, at least two of them, 253 octets in all.
bool is_multi_label_domain(std::string_view domain);

// Removes the trailing dot, and as many labels from the left as necessary to fit
// 253 octets (section 7.3).
std::string_view cut_name(std::string_view name);

// Whether `name` is `domain` or below it; both in lower case.
bool is_within(std::string_view name, std::string_view domain);

// "1.2.0.192.in-addr.arpa"
std::string reverse_name(const IpAddress& address);
// The value of %{i}: "192.0.2.1", or 32 nibbles separated by dots.
std::string dotted(const IpAddress& address);

}  // namespace mailreeve

#endif
