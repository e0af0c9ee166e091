// SPDX-License-Identifier: BSD-2-Clause
#include "milter/policy_data.h"

#include "store/sql_policy_db.h"

namespace mailreeve {

namespace {

std::shared_ptr<CachedPolicyDb> make_policies(SqlDatabase& database, const PolicyDbSettings& settings,
                                              const Clock& clock, Log& log) {
  const CachedPolicyDb::Settings cache{.ttl = settings.cache_ttl,
                                       .stale_ttl = std::max(settings.stale_ttl, settings.cache_ttl)};
  return std::make_shared<CachedPolicyDb>(std::make_unique<SqlPolicyDb>(database, clock), cache, "policy-db",
                                          log);
}

MessageWrites writes_to(MessageTable& table) {
  return {.append = [&table](std::span<const MessageRecord> records,
                             Deadline deadline) { table.append(records, deadline); },
          .purge = [&table](TimePoint before, std::size_t most,
                            Deadline deadline) { return table.purge(before, most, deadline); }};
}

}  // namespace

PolicyDbAddress policy_db_address(const PolicyDbSettings& settings) {
  return {.url = settings.url,
          .password_file = settings.password_file,
          .tls = settings.tls_ca_file.empty() ? SqlTls::Off : SqlTls::Verified,
          .tls_ca_file = settings.tls_ca_file,
          .timeout = settings.timeout};
}

PolicyData::PolicyData(const Settings& settings, const Clock& clock, Log& log)
    : database_(open_policy_db(policy_db_address(settings.policy_db))),
      table_(*database_),
      policies_(make_policies(*database_, settings.policy_db, clock, log)),
      messages_(std::make_unique<MessageLog>(
          writes_to(table_), MessageLog::Settings{.retention_days = settings.messages.retention}, clock,
          log)) {}

}  // namespace mailreeve
