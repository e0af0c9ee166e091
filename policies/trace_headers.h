// SPDX-License-Identifier: BSD-2-Clause
// The headers that tell later readers what was found: Received-SPF (RFC 7208
// section 9.1) and Authentication-Results (RFC 8601). Both are made from the same
// facts, so that they agree.
#ifndef MAILREEVE_POLICIES_TRACE_HEADERS_H
#define MAILREEVE_POLICIES_TRACE_HEADERS_H

#include <string>
#include <string_view>

#include "core/facts.h"

namespace mailreeve {

// `receiver` is our host's name.
Header received_spf(const SpfOutcome& outcome, const Session& session, const Envelope& envelope,
                    std::string_view receiver);

// The results of everything that is known of this message, or "none".
Header authentication_results(const Session& session, const Envelope& envelope, const Findings& findings,
                              std::string_view authserv_id);

// Whether an Authentication-Results header with this value claims to be by
// `authserv_id`: the first word, behind comments and folds, in any case, quoted or
// not (RFC 8601 section 5).
bool claims_authserv_id(std::string_view value, std::string_view authserv_id);

}  // namespace mailreeve

#endif
