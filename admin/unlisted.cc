// SPDX-License-Identifier: BSD-2-Clause
#include "admin/unlisted.h"

#include "core/address.h"
#include "store/policydb/sql_policy_db.h"

namespace mailreeve {

namespace {

std::string what_follows(const std::string& user, const SenderAuthSettings& auth) {
  switch (auth.apply) {
    case SenderAuthApply::Listed:
      return "it may send as anybody (sender-auth.apply = listed)";
    case SenderAuthApply::Never:
      return "nobody looks at it (sender-auth.apply = never)";
    case SenderAuthApply::All:
      break;
  }
  const bool own = auth.own_address && user.find('@') != std::string::npos;
  return own ? "it may send as itself only, and as everybody may" : "it may send as everybody may only";
}

}  // namespace

std::string what_follows_for_unknown(const Site& site, const std::string& user) {
  return what_follows(user, site.settings().sender_auth);
}

void warn_of_unlisted(Site& site, const std::vector<std::string>& users, std::vector<std::string>& warnings) {
  SqlPolicyDb policies(site.policy_database(), site.clock());
  for (const auto& name : users) {
    const std::string user = fold_name(name);
    const UserPolicy policy = policies.user(user, Deadline(site.patience()));
    if (policy.known && !policy.listed())
      warnings.push_back(user + " has no domain and no address to send as: " +
                         what_follows(user, site.settings().sender_auth));
  }
}

}  // namespace mailreeve
