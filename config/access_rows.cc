// SPDX-License-Identifier: BSD-2-Clause
// Options of access rules.
#include "config/option_rows.h"

namespace mailreeve {

namespace {

void check_absolute_paths(std::string_view text) {
  for (const auto& path : split_list(text)) check_absolute_or_empty(path);
}

}  // namespace

std::vector<OptionRow> access_rows() {
  return {
      checked(
          row(
              "access.rules", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.access.rules; },
              "Files of access rules.",
              "Each line of such a file says what happens to some mail: it is refused, greylisted, or "
              "certain policies do not judge it. See\n.Xr mailreeve-rules 5 .\n"
              "The first rule that matches decides; the rules of the policy database\n"
              ".Pq Ql mailreevectl access add\n"
              "come before those of the files, and the files before the lists of postgrey. "
              "The daemon reads the files when it starts and when it reloads. If one of them has an error, "
              "the rules in force stay as they are."),
          check_absolute_paths),
      checked(row(
                  "access.postgrey-clients", "LIST", Takes::AtReload,
                  [](auto& s) -> auto& { return s.access.postgrey_clients; },
                  "Lists of clients that are not greylisted, in the format of postgrey.",
                  "On Debian:\n.Pa /etc/postgrey/whitelist_clients\nand\n"
                  ".Pa /etc/postgrey/whitelist_clients.local ."),
              check_absolute_paths),
      checked(row(
                  "access.postgrey-recipients", "LIST", Takes::AtReload,
                  [](auto& s) -> auto& { return s.access.postgrey_recipients; },
                  "Lists of recipients to whom mail is not greylisted, in the format of postgrey."),
              check_absolute_paths),
      word_row(
          "access.mode", Takes::AtReload, [](auto& s) -> auto& { return s.access.mode; },
          "With monitor, log the rule that decides, but do not do what it says."),
  };
}

}  // namespace mailreeve
