// SPDX-License-Identifier: BSD-2-Clause
// The components that a configuration names, each opened when a command first needs
// it: the policy database, the state store, the running daemon.
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

// The effect of a command on the policy database; Asks: it only asks the daemon, even
// if the configuration is broken.
enum class Effect { Asks, Looks, ChangesPolicy };

// The command cannot be carried out; what() says why.
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

  // If started as root, switches user, so that files created from now on are the daemon's.
  void become_user();
  // Opened as the daemon's user if started as root, so that new files are the daemon's.
  // Throw StoreOpenError, NotDone if there is no such SQLite file, and BackendError
  // later. Only a command that changes the policy database creates its file.
  SqlDatabase& policy_database(SqliteCheck check = SqliteCheck::Header);
  // Throws BackendError if the store is the daemon's memory.
  StateStore& state();

  // Throws BackendError if there is no daemon, or it does not answer.
  JsonValue ask_daemon(std::string_view command) const;
  // The maximum time of a call to the policy database: policy-db.timeout.
  Milliseconds patience() const { return settings_.policy_db.timeout; }
  // The policy database was changed: tells the daemon not to use its cache. Returns a
  // sentence if a daemon cannot be told; empty otherwise.
  std::string tell_daemon() const;

 private:
  const Settings settings_;
  const Effect effect_;
  const std::unique_ptr<const Clock> clock_;
  bool became_user_ = false;
  std::unique_ptr<SqlDatabase> policy_database_;
  std::unique_ptr<StateStore> state_;
};

// The file of an "sqlite:" URL, if it does not exist; empty otherwise.
std::string absent_sqlite_file(const std::string& url);

// The maximum time that a command waits for the state store, and for longer operations.
inline constexpr Milliseconds kPatience{30'000};

}  // namespace mailreeve

#endif
