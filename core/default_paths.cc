// SPDX-License-Identifier: BSD-2-Clause
#include "core/default_paths.h"

namespace mailreeve {

std::string config_directory() { return REEVE_SYSCONFDIR "/mailreeve"; }
std::string state_directory() { return REEVE_LOCALSTATEDIR "/lib/mailreeve"; }
std::string run_directory() { return REEVE_RUNSTATEDIR "/mailreeve"; }

}  // namespace mailreeve
