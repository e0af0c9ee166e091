// SPDX-License-Identifier: BSD-2-Clause
// Options of the headers that mail gets.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> header_rows() {
  return {
      word_row(
          "headers.authentication-results", Takes::AtReload,
          [](auto& s) -> auto& { return s.headers.authentication_results; },
          "Which mail gets an Authentication-Results header (RFC 8601).",
          "It has the result of SPF, what the MTA found out about the client's name (iprev), and for "
          "outbound\n"
          "mail, with\n.Cm all ,\nwho authenticated: a name that recipients will see.\n"
          "Unless this is\n.Cm no ,\nsuch headers that a message brings along and that claim to be ours\n"
          "are removed, if it does not come from trusted-networks."),
      word_row(
          "headers.received-spf", Takes::AtReload, [](auto& s) -> auto& { return s.headers.received_spf; },
          "Whether a message that was checked gets a Received-SPF header (RFC 7208 section 9.1)."),
      word_row(
          "headers.greylist", Takes::AtReload, [](auto& s) -> auto& { return s.headers.greylist; },
          "Whether a message that was delayed says so in an X-Greylist header."),
  };
}

}  // namespace mailreeve
