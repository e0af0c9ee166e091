// SPDX-License-Identifier: BSD-2-Clause
// Aliases: users who may send as the target may send as the alias.
#ifndef MAILREEVE_STORE_POLICYDB_ALIAS_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_ALIAS_ADMIN_H

#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"

namespace mailreeve {

struct AliasEntry {
  std::string alias;
  std::string target;  // an address, or a user's name
};

class AliasAdmin {
 public:
  explicit AliasAdmin(const AdminDatabase& database) : database_(database) {}

  std::vector<AliasEntry> aliases(const Page& page = {});
  void add_alias(const std::string& alias, const std::string& target);
  void remove_alias(const std::string& alias, const std::string& target);

 private:
  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
