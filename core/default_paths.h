// SPDX-License-Identifier: BSD-2-Clause
// Default locations, as given to configure. The configuration overrides them.
#ifndef MAILREEVE_CORE_DEFAULT_PATHS_H
#define MAILREEVE_CORE_DEFAULT_PATHS_H

#include <string>

namespace mailreeve {

// Return "/etc/mailreeve", "/var/lib/mailreeve" and "/run/mailreeve" with the configure
// options that packages use.
std::string config_directory();
std::string state_directory();
std::string run_directory();

}  // namespace mailreeve

#endif
