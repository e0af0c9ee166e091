// SPDX-License-Identifier: BSD-2-Clause
// Problems that a start would find with the users, groups, directories, files and
// commands in the settings.
#ifndef MAILREEVE_SETUP_SYSTEM_CHECK_H
#define MAILREEVE_SETUP_SYSTEM_CHECK_H

#include <string>
#include <vector>

#include "config/load.h"

namespace mailreeve {

// Checks as far as the caller's permissions allow: anything else is not an error. Root
// switches to the option `user`, for good, to check what the daemon does as that user.
// Opens and creates nothing. `file` is the configuration's.
std::vector<Objection> review_system(const Settings& settings, const std::string& file);

}  // namespace mailreeve

#endif
