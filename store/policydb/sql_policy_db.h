// SPDX-License-Identifier: BSD-2-Clause
// The operator's configuration of users and domains, from a database. It only reads: a
// read-only account is sufficient. Safe to call from any thread.
#ifndef MAILREEVE_STORE_POLICYDB_SQL_POLICY_DB_H
#define MAILREEVE_STORE_POLICYDB_SQL_POLICY_DB_H

#include <atomic>
#include <chrono>
#include <string>

#include "core/policy_db.h"
#include "store/sql/sql.h"

namespace mailreeve {

class SqlPolicyDb final : public PolicyDb {
 public:
  SqlPolicyDb(SqlDatabase& database, const Clock& clock) : database_(database), clock_(clock) {}

  // One round trip each; for a user, two more once a minute for the version of the tables.
  UserPolicy user(const std::string& name, Deadline deadline) override;
  DomainPolicy domain(const std::string& name, Deadline deadline) override;

  // Whether our tables were missing at the last check, or of a newer version. Then limits of more
  // than a number, quotas of domains, raises and aliases are disabled. Checked again
  // once a minute.
  bool plain() const;

 private:
  template <class Ask>
  SqlRows ask(const Ask& ask_with, Deadline deadline);
  void check_version(SqlConnection& connection);

  SqlDatabase& database_;
  const Clock& clock_;
  std::atomic<SteadyTime> plain_until_{SteadyTime()};
  std::atomic<SteadyTime> checked_until_{SteadyTime()};
};

}  // namespace mailreeve

#endif
