// SPDX-License-Identifier: BSD-2-Clause
// What is asked of the running daemon.
#include "ctl/commands.h"

namespace mailreeve {

// All of it, whoever is named: dropping one entry would leave those of his domain.
Answer refresh(const Call& call) {
  call.site.ask_daemon("forget-cache");
  return {.json = {{"refreshed", true}}, .text = "the daemon asks the policy database again"};
}

Answer status(const Call& call) { return {call.site.ask_daemon("status")}; }

}  // namespace mailreeve
