// SPDX-License-Identifier: BSD-2-Clause
// Options of the message log.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> message_rows() {
  return {
      word_row(
          "messages.log", Takes::AtReload, [](auto& s) -> auto& { return s.messages.log; },
          "Which messages are written to the policy database's table of messages.",
          "For each message: when, by whom, from where, to how many recipients, the size that the client\n"
          "announced (0: it did not), and what became of it. In monitor mode, that is pass.\n"
          ".Dl mailreevectl messages\nshows them. They are written in the background: a slow database "
          "delays\n"
          "no mail, and what it cannot take, or what there is no table for, is dropped and counted in the "
          "log."),
      word_row(
          "messages.addresses", Takes::AtReload, [](auto& s) -> auto& { return s.messages.addresses; },
          "Whether the recipients' addresses are written as well, not only their number."),
      between(row(
                  "messages.retention", "DAYS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.messages.retention; },
                  "After how many days messages are removed from the table; 0: never."),
              0U, 36500U),
  };
}

}  // namespace mailreeve
