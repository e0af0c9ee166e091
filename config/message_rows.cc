// SPDX-License-Identifier: BSD-2-Clause
// Options of the message log.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> message_rows() {
  return {
      word_row(
          "messages.log", Takes::AtReload, [](auto& s) -> auto& { return s.messages.log; },
          "Messages to record in the policy database.",
          "For each message, the table has its time, user, client, number of recipients, the size "
          "that the client announced (0: none), and its verdict, which in monitor mode is pass.\n"
          ".Dl mailreevectl messages\n"
          "shows them. The daemon writes them in the background: a slow database delays no mail, "
          "and messages that it cannot take, or for which there is no table, are dropped and "
          "counted in the log."),
      word_row(
          "messages.addresses", Takes::AtReload, [](auto& s) -> auto& { return s.messages.addresses; },
          "Record the recipients' addresses as well, not only their number."),
      between(row(
                  "messages.retention", "DAYS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.messages.retention; },
                  "Number of days after which messages are removed from the table; 0: never."),
              0U, 36500U),
  };
}

}  // namespace mailreeve
