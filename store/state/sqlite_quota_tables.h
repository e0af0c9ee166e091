// SPDX-License-Identifier: BSD-2-Clause
// The state database's tables of what users have sent, as rows of C++ on one
// SQLite connection.
#ifndef MAILREEVE_STORE_STATE_SQLITE_QUOTA_TABLES_H
#define MAILREEVE_STORE_STATE_SQLITE_QUOTA_TABLES_H

#include <string>

#include "core/quota_state.h"
#include "core/state_entry.h"
#include "store/sql/sqlite.h"

namespace mailreeve {

// The step of state_format() that creates them.
extern const char* const kQuotaTables;
extern const char* const kQuotaSince;

// Lookups. Each is one statement and so one snapshot.
class SqliteQuotaReader {
 public:
  explicit SqliteQuotaReader(SqliteConnection& connection);

  QuotaState find(const std::string& user);
  std::size_t count_users(TimePoint now);

 private:
  SqliteStatement find_, count_;
};

// Changes. The caller must run each in a transaction.
class SqliteQuotaWriter {
 public:
  explicit SqliteQuotaWriter(SqliteConnection& connection);

  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                     TimePoint now);
  void refund(const std::string& user, const Receipt& receipt);
  bool claim_notice(const std::string& user, const NoticePeriod& period);
  QuotaState reset(const std::string& user);
  void merge(const SentEntry& entry);
  std::size_t purge(TimePoint now, std::size_t most);

 private:
  void put(const std::string& user, const QuotaState& before, const QuotaChange& change);
  void add(const std::string& user, const QuotaPart& part);
  void put_user(const std::string& user, const QuotaState& state);

  SqliteQuotaReader reader_;
  SqliteStatement add_part_, put_user_, drop_parts_, drop_user_, purge_parts_, purge_users_;
};

}  // namespace mailreeve

#endif
