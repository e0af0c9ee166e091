// SPDX-License-Identifier: BSD-2-Clause
// Options of the headers that mail gets.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> header_rows() {
  return {
      word_row(
          "headers.authentication-results", Takes::AtReload,
          [](auto& s) -> auto& { return s.headers.authentication_results; },
          "Mail that gets an Authentication-Results header (RFC 8601).",
          "The header has the SPF result, the MTA's check of the client's name (iprev), the DNS "
          "whitelists that have the client (dnswl, RFC 8904) and, on outbound mail, with\n.Cm all ,\n"
          "the authenticated login, which recipients will see. Unless this is\n.Cm no ,\n"
          "the daemon removes Authentication-Results headers that bear the name of\n"
          ".Cm authserv-id\nfrom messages that do not come from trusted-networks."),
      word_row(
          "headers.received-spf", Takes::AtReload, [](auto& s) -> auto& { return s.headers.received_spf; },
          "Add a Received-SPF header (RFC 7208 section 9.1) to each message that was checked."),
      word_row(
          "headers.greylist", Takes::AtReload, [](auto& s) -> auto& { return s.headers.greylist; },
          "Add an X-Greylist header to each message that was delayed.",
          "It says for how long, and what spoke against the client\n.Pq Cm reputation.points ."),
  };
}

}  // namespace mailreeve
