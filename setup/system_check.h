// SPDX-License-Identifier: BSD-2-Clause
// What a start would find wrong with the system that the settings speak of: users,
// groups, directories, files, commands.
#ifndef MAILREEVE_SETUP_SYSTEM_CHECK_H
#define MAILREEVE_SETUP_SYSTEM_CHECK_H

#include <string>
#include <vector>

#include "config/load.h"

namespace mailreeve {

// As far as the rights of the caller go: what cannot be seen is no error. Root
// becomes the option `user` for what the daemon would do as that user, for good.
// Opens and makes nothing. `file` is the configuration's.
std::vector<Objection> review_system(const Settings& settings, const std::string& file);

}  // namespace mailreeve

#endif
