// SPDX-License-Identifier: BSD-2-Clause
// The headers that report findings to later readers: Received-SPF (RFC 7208 section
// 9.1) and Authentication-Results (RFC 8601). Both are made from the same facts, so
// that they agree.
#ifndef MAILREEVE_POLICIES_TRACE_HEADERS_H
#define MAILREEVE_POLICIES_TRACE_HEADERS_H

#include <string>
#include <string_view>

#include "core/facts.h"

namespace mailreeve {

// `receiver` is our host's name.
Header received_spf(const SpfOutcome& outcome, const Session& session, const Envelope& envelope,
                    std::string_view receiver);

// All known results for this message, or "none".
Header authentication_results(const Session& session, const Envelope& envelope, const Findings& findings,
                              std::string_view authserv_id);

// Whether a reader may take an Authentication-Results header with this value for one by
// `authserv_id` (RFC 8601 section 5). Readers overlook different things: this ignores
// comments, quotes, whitespace, control characters and the like, and everything after
// the name.
bool claims_authserv_id(std::string_view value, std::string_view authserv_id);

}  // namespace mailreeve

#endif
