// SPDX-License-Identifier: BSD-2-Clause
// Users without any grant.
#ifndef MAILREEVE_ADMIN_UNLISTED_H
#define MAILREEVE_ADMIN_UNLISTED_H

#include <string>
#include <vector>

#include "admin/command.h"

namespace mailreeve {

// A warning about each of these users who has no grant, with the consequences. Looks
// them up as the daemon does. Throws BackendError.
void warn_of_unlisted(Site& site, const std::vector<std::string>& users, std::vector<std::string>& warnings);

// The consequences for a user whom the database does not know.
std::string what_follows_for_unknown(const Site& site, const std::string& user);

// Removes the sender that word 0 names, and warns of users who had no other grant.
Answer remove_listed(const Call& call, const std::string& noun,
                     std::vector<std::string> (PolicyAdmin::*users_of)(const std::string&, const Page&),
                     void (PolicyAdmin::*remove)(const std::string&));

}  // namespace mailreeve

#endif
