// SPDX-License-Identifier: BSD-2-Clause
// Users who are listed for nothing that they may send as.
#ifndef MAILREEVE_ADMIN_UNLISTED_H
#define MAILREEVE_ADMIN_UNLISTED_H

#include <string>
#include <vector>

#include "admin/command.h"

namespace mailreeve {

// A warning of each of them among these users, with what follows for him. They
// are looked up as the daemon does it. Throws BackendError.
void warn_of_unlisted(Site& site, const std::vector<std::string>& users, std::vector<std::string>& warnings);

// What follows for a user of whom the database knows nothing.
std::string what_follows_for_unknown(const Site& site, const std::string& user);

// Removes what word 0 names, and warns of the users who had nothing else to send as.
Answer remove_listed(const Call& call, const std::string& noun,
                     std::vector<std::string> (PolicyAdmin::*users_of)(const std::string&, const Page&),
                     void (PolicyAdmin::*remove)(const std::string&));

}  // namespace mailreeve

#endif
