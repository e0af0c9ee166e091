// SPDX-License-Identifier: BSD-2-Clause
// What a configuration names, each opened when a command first needs it: the
// policy database, the state store, the running daemon.
#ifndef MAILREEVE_ADMIN_SITE_H
#define MAILREEVE_ADMIN_SITE_H

#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>

#include "admin/json_values.h"
#include "config/settings.h"
#include "core/state_store.h"
#include "store/sql/sql.h"
#include "store/sql/sqlite_file.h"

namespace mailreeve {

// What a command does to the policy database; Asks: nothing but to ask the daemon, also
// while the configuration is broken.
enum class Effect { Asks, Looks, ChangesPolicy };

// What was asked for cannot be done, and why.
class NotDone : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Site {
 public:
  // Throws ConfigError.
  Site(const std::string& config, Effect effect);

  const Settings& settings() const { return settings_; }
  TimePoint now() const { return clock_->now(); }
  const Clock& clock() const { return *clock_; }

  // If root asks: what is made from now on must be the daemon's.
  void become_user();
  // Opened as the daemon's user if root asks: what is made there must be the
  // daemon's. Throw StoreOpenError, NotDone if there is no such SQLite file, and
  // BackendError later. Only who changes the policy database makes its file.
  SqlDatabase& policy_database(SqliteCheck check = SqliteCheck::Header);
  // Throws BackendError if it is the daemon's memory.
  StateStore& state();

  // Throws BackendError if there is no daemon, or it does not answer.
  JsonValue ask_daemon(std::string_view command) const;
  // How long the policy database may take for a call: policy-db.timeout.
  Milliseconds patience() const { return settings_.policy_db.timeout; }
  // The policy database was changed: a daemon must not go by what it remembers.
  // A sentence if there is one that does not hear; empty otherwise.
  std::string tell_daemon() const;

 private:
  const Settings settings_;
  const Effect effect_;
  const std::unique_ptr<const Clock> clock_;
  bool became_user_ = false;
  std::unique_ptr<SqlDatabase> policy_database_;
  std::unique_ptr<StateStore> state_;
};

// The file of an "sqlite:" URL, if it is not there; empty otherwise.
std::string absent_sqlite_file(const std::string& url);

// How long a command waits for the state store, and for what may be much work.
inline constexpr Milliseconds kPatience{30'000};

}  // namespace mailreeve

#endif
