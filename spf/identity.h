// SPDX-License-Identifier: BSD-2-Clause
// Whom an SPF check is about (RFC 7208 sections 2.3, 2.4 and 4.3), and what
// counts as a domain there. Values and pure functions.
#ifndef MAILREEVE_SPF_IDENTITY_H
#define MAILREEVE_SPF_IDENTITY_H

#include <string>
#include <string_view>

#include "core/ip_address.h"
#include "spf/engine.h"

namespace mailreeve {

struct Identity {
  std::string local;   // "postmaster" if the sender has none
  std::string domain;  // lower case, A-labels (RFC 8616); maybe no domain at all
  std::string helo;    // likewise
};

// At most 255 octets of each part are kept: no longer one can be a name in DNS
// (RFC 5321 section 4.5.3.1), and macros repeat them.
Identity identity_of(const SpfQuery& query);
// What is known before anyone asks DNS: result none. With a problem, if the
// domain is none that could be asked about (section 4.3); then that is all.
SpfOutcome begin_outcome(const SpfQuery& query, const Identity& identity);

// Labels of 1 to 63 octets, at least two of them, 253 octets in all.
bool is_multi_label_domain(std::string_view domain);

// Without the dot at the end, and without as many labels from the left as it
// takes to fit 253 octets (section 7.3).
std::string_view cut_name(std::string_view name);

// `name` is `domain` or below it; both in lower case.
bool is_within(std::string_view name, std::string_view domain);

// "1.2.0.192.in-addr.arpa"
std::string reverse_name(const IpAddress& address);
// What %{i} stands for: "192.0.2.1", or 32 nibbles with dots between.
std::string dotted(const IpAddress& address);

}  // namespace mailreeve

#endif
