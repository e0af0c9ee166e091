// SPDX-License-Identifier: BSD-2-Clause
// Settings as far as they can be checked without opening anything: what the option
// table knows, and what the parts that use them say.
#ifndef MAILREEVE_SETUP_CHECKED_SETTINGS_H
#define MAILREEVE_SETUP_CHECKED_SETTINGS_H

#include "config/load.h"
#include "dns/unbound_resolver.h"

namespace mailreeve {

// Throws ConfigError.
Settings load_checked_settings(const std::string& file, const Overrides& overrides);
// Also as far as the system can be looked at (see setup/system_check.h). Warnings
// are lines; empty: there are none.
std::string check_settings_and_system(const std::string& file, const Overrides& overrides);

DnsSettings dns_settings(const Settings& settings);

}  // namespace mailreeve

#endif
