// SPDX-License-Identifier: BSD-2-Clause
// mailreevectl spf: what the daemon would find out with SPF, and how.
#ifndef MAILREEVE_CTL_SPF_COMMAND_H
#define MAILREEVE_CTL_SPF_COMMAND_H

#include <iosfwd>
#include <string>

#include "config/settings.h"
#include "spf/engine.h"

namespace mailreeve {

// Throws std::runtime_error if DNS cannot be asked at all.
SpfOutcome run_spf(const Settings& settings, const IpAddress& client, const std::string& helo,
                   const std::string& sender);

void print_spf(const SpfOutcome& outcome, const IpAddress& client, const Settings& settings,
               std::ostream& out);
void print_spf_json(const SpfOutcome& outcome, std::ostream& out);

}  // namespace mailreeve

#endif
