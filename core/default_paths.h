// SPDX-License-Identifier: BSD-2-Clause
// Where things are unless the configuration says otherwise: as configure was told.
#ifndef MAILREEVE_CORE_DEFAULT_PATHS_H
#define MAILREEVE_CORE_DEFAULT_PATHS_H

#include <string>

namespace mailreeve {

// "/etc/mailreeve", "/var/lib/mailreeve" and "/run/mailreeve" with the options that
// packages give to configure.
std::string config_directory();
std::string state_directory();
std::string run_directory();

}  // namespace mailreeve

#endif
