// SPDX-License-Identifier: BSD-2-Clause
// Named quotas, as an admin sees and changes them.
#ifndef MAILREEVE_STORE_POLICYDB_QUOTA_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_QUOTA_ADMIN_H

#include <cstdint>
#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"

namespace mailreeve {

struct QuotaEntry {
  std::string name;
  std::int64_t number = 0;   // CHAPPS' "quota"
  std::string limits;        // in force: as given, or the number
  std::int64_t users = 0;    // that have it
  std::int64_t domains = 0;  // whose users have it by default
};

// `limits` is as in core/limits.h. CHAPPS' tables identify a quota by a unique number: the first
// of the limits.
class QuotaAdmin {
 public:
  explicit QuotaAdmin(const AdminDatabase& database) : database_(database) {}

  std::vector<QuotaEntry> quotas(const Page& page = {});
  QuotaEntry quota(const std::string& name);
  void add_quota(const std::string& name, const std::string& limits);
  // False: it had them already.
  bool change_quota(const std::string& name, const std::string& limits);
  void remove_quota(const std::string& name);

 private:
  AdminDatabase database_;
};

// For others who administer.
QuotaEntry quota_entry(SqlConnection& connection, const std::string& name);

}  // namespace mailreeve

#endif
