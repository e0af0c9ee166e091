// SPDX-License-Identifier: BSD-2-Clause
// Settings, checked as far as possible without opening anything: by the option table,
// and by the components that use them.
#ifndef MAILREEVE_SETUP_CHECKED_SETTINGS_H
#define MAILREEVE_SETUP_CHECKED_SETTINGS_H

#include "config/load.h"
#include "dns/unbound_resolver.h"

namespace mailreeve {

// Throws ConfigError.
Settings load_checked_settings(const std::string& file, const Overrides& overrides);
// Also checks the system (see setup/system_check.h). Warnings are lines; empty: there
// are none.
std::string check_settings_and_system(const std::string& file, const Overrides& overrides);

DnsSettings dns_settings(const Settings& settings);

}  // namespace mailreeve

#endif
