// SPDX-License-Identifier: BSD-2-Clause
// The access rules of the files that a configuration names.
#ifndef MAILREEVE_SETUP_ACCESS_FILES_H
#define MAILREEVE_SETUP_ACCESS_FILES_H

#include <vector>

#include "access/rule.h"
#include "config/load.h"
#include "policies/access_settings.h"

namespace mailreeve {

// Those of access.rules, then postgrey's. Throws ConfigError, with a line for each error.
std::vector<AccessRule> read_access_files(const AccessSettings& settings);

// The same errors, each with the option that names the file.
std::vector<Objection> review_access_files(const AccessSettings& settings);

}  // namespace mailreeve

#endif
