// SPDX-License-Identifier: BSD-2-Clause
// Users, as an admin sees and changes them.
#ifndef MAILREEVE_STORE_POLICYDB_USER_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_USER_ADMIN_H

#include <optional>
#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"
#include "store/policydb/alias_admin.h"
#include "store/policydb/message_table.h"
#include "store/policydb/quota_admin.h"
#include "store/policydb/raise_admin.h"

namespace mailreeve {

struct UserRow {
  std::string name;
  std::string quota;  // empty: none
};

struct UserEntry {
  std::string name;
  std::optional<QuotaEntry> quota;
  std::optional<RaiseEntry> raise;  // possibly one that has ended
  std::vector<std::string> domains;
  std::vector<std::string> addresses;
  std::vector<AliasEntry> aliases;
  std::optional<TotalsEntry> totals;
};

class UserAdmin {
 public:
  explicit UserAdmin(const AdminDatabase& database) : database_(database) {}

  std::vector<UserRow> users(const Page& page = {});
  UserEntry user(const std::string& name);
  void add_user(const std::string& name);
  // Removes its grants, quota and raise as well.
  void remove_user(const std::string& name);

 private:
  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
