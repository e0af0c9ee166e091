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
template <class Admin>
Answer remove_listed(const Call& call, const std::string& noun,
                     std::vector<std::string> (Admin::*users_of)(const std::string&, const Page&),
                     void (Admin::*remove)(const std::string&)) {
  const std::string& name = call.words[0];
  Admin admin(call.database());
  const auto users = (admin.*users_of)(name, kWhole);
  (admin.*remove)(name);
  Answer out = changed("the " + noun + " " + name + " is removed");
  warn_of_unlisted(call.site, users, out.warnings);
  return out;
}

}  // namespace mailreeve

#endif
