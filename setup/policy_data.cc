// SPDX-License-Identifier: BSD-2-Clause
#include "setup/policy_data.h"

#include <algorithm>
#include <utility>

#include "store/policydb/admin_error.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{5000};

CachedPolicyDb::Settings cache_settings(const PolicyDbSettings& settings) {
  return {.ttl = settings.cache_ttl,
          .stale_ttl = std::max(settings.stale_ttl, settings.cache_ttl),
          .timeout = settings.timeout};
}

MessageWrites writes_to(MessageTable& table, const SettledClock& settled) {
  return {.append = [&table](std::span<const MessageRecord> records,
                             Deadline deadline) { table.append(records, deadline); },
          .purge =
              [&table, &settled](TimePoint before, std::size_t most, Deadline deadline) {
                return settled.settled() ? table.purge(before, most, deadline) : 0;
              }};
}

}  // namespace

PolicyDbAddress policy_db_address(const PolicyDbSettings& settings) {
  return {.url = settings.url,
          .password_file = settings.password_file,
          .tls = settings.tls_ca_file.empty() ? SqlTls::Off : SqlTls::Verified,
          .tls_ca_file = settings.tls_ca_file,
          .timeout = settings.timeout};
}

namespace {

PolicyDbAddress watched_address(const PolicyDbSettings& settings, Log& log) {
  PolicyDbAddress address = policy_db_address(settings);
  address.trouble = [&log](const std::string& what) {
    log.write(Event::StoreTrouble, {{"backend", "policy-db"}, {"error", what}});
  };
  return address;
}

}  // namespace

PolicyData::PolicyData(const Settings& settings, const Clock& clock, const SettledClock& settled, Log& log,
                       std::shared_ptr<AccessRules> access)
    : database_(open_policy_db(watched_address(settings.policy_db, log))), table_(*database_) {
  auto tables = std::make_unique<SqlPolicyDb>(*database_, clock);
  tables_ = tables.get();
  policies_ = std::make_shared<CachedPolicyDb>(std::move(tables), cache_settings(settings.policy_db),
                                               "policy-db", log);
  messages_ = std::make_unique<MessageLog>(
      writes_to(table_, settled), MessageLog::Settings{.retention_days = settings.messages.retention}, clock,
      log);
  access_ = std::make_unique<AccessRefresher>(
      *database_,
      AccessRefresher::Settings{.every = settings.policy_db.cache_ttl,
                                .patience = settings.policy_db.timeout},
      clock, log, [access = std::move(access)](std::vector<AccessRule> rules) {
        access->set_database(std::move(rules));
      });
}

void PolicyData::expire() {
  policies_->expire();
  access_->hurry();
}

std::optional<std::string> PolicyData::table_trouble() const {
  try {
    // The log learns of a database that does not answer before any mail needs it.
    policies_->user("*", Deadline(kPatience));
    database_->read(Deadline(kPatience), [this](SqlConnection& connection) {
      refuse_newer_schema(connection, database_->dialect());
    });
    // Whatever the answer is: it takes our tables, if they are there.
    tables_->user("invalid", Deadline(kPatience));
    const bool missing = tables_->plain() || messages_->missing() || access_->missing();
    return missing ? "they are not there, or not all of them" : "";
  } catch (const PolicyAdminError& error) {
    return error.what();
  } catch (const BackendError&) {
    return std::nullopt;
  }
}

}  // namespace mailreeve
