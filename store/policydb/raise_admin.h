// SPDX-License-Identifier: BSD-2-Clause
// Limits that hold for a user instead of its own, for a time or until revoked.
#ifndef MAILREEVE_STORE_POLICYDB_RAISE_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_RAISE_ADMIN_H

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/admin_database.h"
#include "util/time.h"

namespace mailreeve {

struct RaiseEntry {
  std::string limits;
  std::optional<TimePoint> until;  // none: until revoked
  bool locked = false;             // it does not end by itself
};

struct RaisedUser {
  std::string user;
  RaiseEntry raise;
};

class RaiseAdmin {
 public:
  explicit RaiseAdmin(const AdminDatabase& database) : database_(database) {}

  // Sets temporary limits; replaces an earlier raise, except its lock. True: it is
  // locked.
  bool raise(const std::string& user, const std::string& limits, std::optional<TimePoint> until);
  std::vector<RaisedUser> raises(const Page& page, TimePoint now);  // those in force
  bool lower(const std::string& user);                              // false: there was no raise
  // While locked, a raise does not end; one that has ended cannot be locked. False:
  // it was so already.
  bool set_lock(const std::string& user, bool locked, TimePoint now);

 private:
  AdminDatabase database_;
};

// For others who administer. Possibly one that has ended.
std::optional<RaiseEntry> raise_of(SqlConnection& connection, std::int64_t user);

}  // namespace mailreeve

#endif
