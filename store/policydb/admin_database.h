// SPDX-License-Identifier: BSD-2-Clause
// The policy database as an admin works on it. Each change is one transaction: all of it, or
// nothing. Safe to call from any thread.
#ifndef MAILREEVE_STORE_POLICYDB_ADMIN_DATABASE_H
#define MAILREEVE_STORE_POLICYDB_ADMIN_DATABASE_H

#include <string>
#include <vector>

#include "core/limits.h"
#include "store/policydb/admin_error.h"
#include "store/policydb/policy_schema.h"
#include "store/sql/sql.h"
#include "util/time.h"

namespace mailreeve {

// Both calls throw PolicyAdminError, and BackendError if the database fails.
class AdminDatabase {
 public:
  // `patience` bounds each call; limits are parsed with `defaults`.
  explicit AdminDatabase(SqlDatabase& database, Milliseconds patience = Milliseconds(30'000),
                         const LimitDefaults& defaults = {})
      : database_(database), patience_(patience), defaults_(defaults) {}

  template <class Work>
  auto read(Work work) const {
    try {
      return database_.read(Deadline(patience_), work);
    } catch (const SqlError& error) {
      translate(error);
    }
  }

  template <class Work>
  auto change(Work work) const {
    try {
      return database_.change(Deadline(patience_), [&](SqlConnection& connection) {
        refuse_newer_schema(connection, database_.dialect());
        return work(connection);
      });
    } catch (const SqlError& error) {
      translate(error);
    }
  }

  // Throws Invalid for what are no limits.
  std::vector<Limit> checked_limits(const std::string& limits) const;

 private:
  SqlDatabase& database_;
  Milliseconds patience_;
  LimitDefaults defaults_;
};

// Runs code that needs this table of ours; does nothing if this account sees none.
// Checks first, because MySQL reports a missing permission to an account that changes a
// table that does not exist.
template <class Work>
void with_ours(SqlConnection& connection, const char* table, Work work) {
  if (sees_table(connection, table)) work();
}

}  // namespace mailreeve

#endif
