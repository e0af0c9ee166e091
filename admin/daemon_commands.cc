// SPDX-License-Identifier: BSD-2-Clause
// What is asked of the running daemon.
#include "admin/commands.h"

namespace mailreeve {

// All of it, whoever is named: his domain may have changed as well.
Answer refresh(const Call& call) {
  if (!call.words.empty()) call.user(call.words[0]);
  call.site.ask_daemon("refresh");
  return {.json = {{"refreshed", true}}, .lines = {"the daemon asks the policy database again"}};
}

Answer status(const Call& call) { return {call.site.ask_daemon("status")}; }

}  // namespace mailreeve
