// SPDX-License-Identifier: BSD-2-Clause
#include "core/ip_address.h"
#include "ctl/commands.h"

namespace mailreeve {

namespace {

// As greylisting names them, or an address.
bool is_client(const std::string& word) { return Network::parse(word) || word.starts_with("spf:"); }

}  // namespace

Answer client_show(const Call& call) {
  if (!is_client(call.words[0]))
    throw UsageError(call.words[0] + " is no client: it is an address, a network or spf:DOMAIN");
  return state_show(call);
}

}  // namespace mailreeve
