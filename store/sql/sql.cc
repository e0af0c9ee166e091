// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sql.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <iterator>
#include <random>
#include <set>

#include "util/guarded.h"

namespace mailreeve {

namespace {

// Copies the error with its text. Copies of an exception share their text, and
// ThreadSanitizer does not see how that is counted.
SqlError separate(const SqlError& error) { return {error.kind(), error.what()}; }

constexpr Milliseconds kPause{1000};
constexpr int kMostTries = 3;

// Subtracts up to a quarter, so that many hosts do not all return at once.
Milliseconds jittered(Milliseconds pause) {
  thread_local std::minstd_rand random{std::random_device{}()};
  return pause - Milliseconds(std::uniform_int_distribution<std::int64_t>(0, pause.count() / 4)(random));
}

}  // namespace

std::string as_text(const SqlValue& value) {
  if (const auto* text = std::get_if<std::string>(&value)) return *text;
  if (const auto* number = std::get_if<std::int64_t>(&value)) return std::to_string(*number);
  return {};
}

std::int64_t as_number(const SqlValue& value) {
  if (const auto* number = std::get_if<std::int64_t>(&value)) return *number;
  std::int64_t found = 0;
  if (const auto* text = std::get_if<std::string>(&value))
    std::from_chars(text->data(), text->data() + text->size(), found);
  return found;
}

class SqlDatabase::Pool {
 public:
  Pool(std::unique_ptr<SqlConnector> connector, SqlPoolSettings settings)
      : connector_(std::move(connector)), settings_(settings) {}

  class Lease;

  SqlConnector& connector() const { return *connector_; }
  // A caller that had little time cannot blame the database.
  bool fair(Deadline deadline) const { return deadline.left() >= settings_.timeout / 2; }
  // The database does not serve: calls fail at once until the next try is due.
  void blame(const SqlError& error);

 private:
  using Connection = std::unique_ptr<SqlConnection>;
  struct Idle {
    Connection connection;
    bool takes_changes = true;  // as far as known
  };
  struct State {
    std::vector<Idle> idle;
    std::size_t used = 0;
    std::optional<SqlError> trouble;  // set while the database does not serve
    SteadyTime next_try;
    bool refuses() const { return trouble && idle.empty() && SteadyClock::now() < next_try; }
  };

  Idle take(Deadline deadline, bool change);
  Connection connect(Deadline deadline, bool change);
  void give_back(Idle idle);
  void drop_idle();

  const std::unique_ptr<SqlConnector> connector_;
  const SqlPoolSettings settings_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

// A connection for one call. A failed connection is not given back.
class SqlDatabase::Pool::Lease {
 public:
  Lease(Pool& pool, Deadline deadline, bool change)
      : pool_(pool), lent_(pool.take(deadline, change)), reused_(lent_.connection) {
    try {
      if (!reused_) lent_.connection = pool_.connect(deadline, change);
      lent_.connection->set_deadline(deadline);
    } catch (...) {
      pool_.give_back({});
      throw;
    }
  }
  ~Lease() { pool_.give_back(std::move(lent_)); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  SqlConnection& operator*() const { return *lent_.connection; }
  SqlConnection* operator->() const { return lent_.connection.get(); }

  // The cause has probably broken the idle connections, too.
  void drop() {
    lent_.connection.reset();
    pool_.drop_idle();
  }
  // Whether the connection may have broken before this call.
  bool reused() const { return reused_; }
  // Uses the connection only for reads from now on.
  void set_read_only() { lent_.takes_changes = false; }

 private:
  Pool& pool_;
  Idle lent_;
  const bool reused_;
};

// Returns an empty Idle if the caller must make a new connection. While the
// database does not serve, one caller at a time checks whether it serves again.
SqlDatabase::Pool::Idle SqlDatabase::Pool::take(Deadline deadline, bool change) {
  // Finds the most recently used one that suits the call.
  const auto found_in = [change](auto& state) {
    return std::find_if(state.idle.rbegin(), state.idle.rend(),
                        [change](const Idle& idle) { return !change || idle.takes_changes; });
  };
  const auto ready = [&](const State& state) {
    return state.refuses() || found_in(state) != state.idle.rend() || state.used < settings_.connections;
  };
  Idle surplus;
  auto state = state_.lock();
  if (!state.wait_until(changed_, deadline.at(), ready))
    throw SqlError(SqlError::Kind::Lost, "all connections to the database are in use");
  if (state->refuses()) throw separate(*state->trouble);
  if (state->trouble) state->next_try = deadline.within(settings_.timeout).at();
  ++state->used;
  const auto found = found_in(*state);
  if (found == state->idle.rend()) {
    // A new connection replaces an unsuitable one, which is closed after the lock is released.
    if (!state->idle.empty() && state->idle.size() + state->used > settings_.connections) {
      surplus = std::move(state->idle.front());
      state->idle.erase(state->idle.begin());
    }
    return {};
  }
  Idle idle = std::move(*found);
  state->idle.erase(std::next(found).base());
  return idle;
}

SqlDatabase::Pool::Connection SqlDatabase::Pool::connect(Deadline deadline, bool change) {
  if (deadline.passed()) throw SqlError(SqlError::Kind::Lost, "no time left to connect");
  const Deadline until = deadline.within(settings_.timeout);
  try {
    return change ? connector_->connect_for_changes(until) : connector_->connect(until);
  } catch (const SqlError& error) {
    blame(error);
    throw;
  }
}

void SqlDatabase::Pool::blame(const SqlError& error) {
  {
    auto state = state_.lock();
    state->trouble = separate(error);
    state->next_try = SteadyClock::now() + jittered(kPause);
  }
  changed_.notify_all();
}

void SqlDatabase::Pool::give_back(Idle idle) {
  {
    auto state = state_.lock();
    --state->used;
    if (idle.connection) {
      state->trouble.reset();
      state->idle.push_back(std::move(idle));
    }
  }
  changed_.notify_one();
}

// Closes them without holding the lock, since closing may talk to the server.
void SqlDatabase::Pool::drop_idle() {
  std::vector<Idle> dropped;
  std::swap(dropped, state_.lock()->idle);
}

SqlDatabase::SqlDatabase(std::unique_ptr<SqlConnector> connector, SqlPoolSettings settings)
    : pool_(std::make_unique<Pool>(std::move(connector), settings)) {}

SqlDatabase::~SqlDatabase() = default;

SqlDialect SqlDatabase::dialect() const { return pool_->connector().dialect(); }

void SqlDatabase::run_step(Deadline deadline, bool change, const Step& step) {
  if (deadline.passed()) throw SqlError(SqlError::Kind::Lost, "no time left to ask the database");
  if (change)
    change_step(deadline, step);
  else
    read_step(deadline, step);
}

void SqlDatabase::read_step(Deadline deadline, const Step& step) {
  const bool fair = pool_->fair(deadline);
  for (;;) {
    Pool::Lease lease(*pool_, deadline, false);
    try {
      step(*lease);
      return;
    } catch (const SqlError& error) {
      if (error.kind() != SqlError::Kind::Lost) throw;
      lease.drop();
      if (fair && deadline.passed()) pool_->blame(error);
      if (!lease.reused() || deadline.passed()) throw;
    }
  }
}

namespace {

// Returns false if the connection is no longer usable.
bool roll_back(SqlConnection& connection) {
  try {
    connection.rollback();
    return true;
  } catch (const SqlError&) {
    return false;
  }
}

}  // namespace

void SqlDatabase::change_step(Deadline deadline, const Step& step) {
  // Servers that refused the change.
  std::set<std::size_t> read_only;
  for (int tries = 1;;) {
    Pool::Lease lease(*pool_, deadline, true);
    try {
      lease->begin();
    } catch (const SqlError&) {
      // Nothing has been changed yet.
      lease.drop();
      if (!lease.reused() || deadline.passed()) throw;
      continue;
    }
    try {
      step(*lease);
      lease->commit();
      return;
    } catch (const SqlError& error) {
      const std::size_t server = lease->server();
      if (error.kind() == SqlError::Kind::Lost || !roll_back(*lease)) lease.drop();
      if (error.kind() == SqlError::Kind::ReadOnly) {
        lease.set_read_only();
        const bool is_new = read_only.insert(server).second;
        // The pool may still hold an older connection to it.
        if (!pool_->connector().pass_over(server) || (!is_new && !lease.reused()) || deadline.passed()) throw;
        continue;
      }
      if (error.kind() != SqlError::Kind::Conflict || ++tries > kMostTries || deadline.passed()) throw;
    } catch (...) {
      if (!roll_back(*lease)) lease.drop();
      throw;
    }
  }
}

}  // namespace mailreeve
