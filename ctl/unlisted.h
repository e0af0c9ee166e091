// SPDX-License-Identifier: BSD-2-Clause
// Users who are listed for nothing that they may send as.
#ifndef MAILREEVE_CTL_UNLISTED_H
#define MAILREEVE_CTL_UNLISTED_H

#include <string>
#include <vector>

#include "ctl/site.h"

namespace mailreeve {

// A warning of each of them among these users, with what follows for him. They
// are looked up as the daemon does it. Throws BackendError.
void warn_of_unlisted(Site& site, const std::vector<std::string>& users, std::vector<std::string>& warnings);

}  // namespace mailreeve

#endif
