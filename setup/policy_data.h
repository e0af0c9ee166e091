// SPDX-License-Identifier: BSD-2-Clause
// The daemon's access to the policy database: its cache, the log of messages, and the access rules.
#ifndef MAILREEVE_SETUP_POLICY_DATA_H
#define MAILREEVE_SETUP_POLICY_DATA_H

#include <memory>
#include <optional>
#include <string>

#include "access/access_rules.h"
#include "config/settings.h"
#include "core/log.h"
#include "setup/access_refresher.h"
#include "store/policydb/cached_policy_db.h"
#include "store/policydb/message_log.h"
#include "store/policydb/message_table.h"
#include "store/policydb/open_policy_db.h"
#include "store/policydb/sql_policy_db.h"
#include "util/settled_clock.h"

namespace mailreeve {

PolicyDbAddress policy_db_address(const PolicyDbSettings& settings);

class PolicyData {
 public:
  // Starts threads: not before a fork(). Throws StoreOpenError.
  // `access` gets the rules of the database, also later.
  PolicyData(const Settings& settings, const Clock& clock, const SettledClock& settled, Log& log,
             std::shared_ptr<AccessRules> access);

  std::shared_ptr<CachedPolicyDb> policies() const { return policies_; }
  MessageLog& messages() const { return *messages_; }
  std::size_t access_rules() const { return access_->rules(); }
  // The database was changed: does not rely on what was read before.
  void expire();
  // Why our tables in the database cannot be used: missing, or of a newer version.
  // Empty if they can; nullopt if the database does not answer.
  std::optional<std::string> table_trouble() const;

 private:
  std::unique_ptr<SqlDatabase> database_;
  MessageTable table_;
  SqlPolicyDb* tables_ = nullptr;  // in policies_
  std::shared_ptr<CachedPolicyDb> policies_;
  std::unique_ptr<MessageLog> messages_;
  std::unique_ptr<AccessRefresher> access_;
};

}  // namespace mailreeve

#endif
