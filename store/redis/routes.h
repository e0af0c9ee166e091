// SPDX-License-Identifier: BSD-2-Clause
// Finds the server that currently has a key: always the same one, the one that
// Sentinels name, or the one in a cluster's map. Safe to call from any thread.
#ifndef MAILREEVE_STORE_REDIS_ROUTES_H
#define MAILREEVE_STORE_REDIS_ROUTES_H

#include <condition_variable>
#include <memory>
#include <string>
#include <vector>

#include "store/redis/pool.h"

namespace mailreeve {

class RedisRoutes {
 public:
  virtual ~RedisRoutes() = default;

  using Server = std::shared_ptr<RedisPool>;
  // All throw RedisUnreachable.
  virtual Server server_of(unsigned slot, Deadline deadline) = 0;
  virtual std::vector<Server> masters(Deadline deadline) = 0;
  // Reports a problem with this server, so that the choice is looked up again.
  virtual void suspect(const Server& server) = 0;
  // Reports that a cluster node said that the slot has moved to `where`.
  virtual void note_move(unsigned /*slot*/, const RedisAddress& /*where*/) {}
  virtual Server at(const RedisAddress& where) = 0;
  // Whether one server has all keys, so that a script may use any of them.
  virtual bool keeps_together() const { return true; }
};

// Always the same server.
class SingleRedis final : public RedisRoutes {
 public:
  explicit SingleRedis(Server server) : server_(std::move(server)) {}
  Server server_of(unsigned /*slot*/, Deadline /*deadline*/) override { return server_; }
  std::vector<Server> masters(Deadline /*deadline*/) override { return {server_}; }
  void suspect(const Server& /*server*/) override {}
  Server at(const RedisAddress& /*where*/) override { return server_; }

 private:
  Server server_;
};

// Asks several servers by number, one after the other, until one answers. Each gets
// half of the remaining time: the first gets enough however many there are, and some is
// left if it does not answer. Callers start each round with a different server, so that
// a server with outdated knowledge is not believed forever.
template <class Ask>
auto ask_in_turn(std::size_t count, Deadline deadline, Ask ask) {
  std::string problem;
  for (std::size_t i = 0; i < count; ++i) {
    try {
      return ask(i, deadline.within(deadline.left() / 2));
    } catch (const BackendError& error) {
      problem += (problem.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw RedisUnreachable(problem);
}

// A value that is fetched once for all callers, cached, and fetched again when it may be outdated.
template <class Value>
class Refreshed {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // `ask` gets a deadline and returns a Value, or throws RedisUnreachable.
  template <class Ask>
  Pointer get(Deadline deadline, Ask ask);

  void suspect() { state_.lock()->old = true; }
  // Likewise, but only if `value` is still the known one.
  void suspect(const Value& value) {
    auto state = state_.lock();
    if (state->value && *state->value == value) state->old = true;
  }
  // Changes the known value, if any, but not its age.
  template <class Change>
  void change(Change change) {
    auto state = state_.lock();
    if (!state->value) return;
    auto copy = std::make_shared<Value>(*state->value);
    change(*copy);
    state->value = copy;
  }

 private:
  struct State {
    Pointer value;
    bool old = true;
    bool asking = false;
    Deadline rest{Milliseconds(0)};  // no query before this time
    Backoff backoff;
  };
  // Limits how often failing calls query, since a failover takes seconds.
  static constexpr Milliseconds kRest{100};

  Guarded<State> state_;
  std::condition_variable changed_;
};

template <class Value>
template <class Ask>
typename Refreshed<Value>::Pointer Refreshed<Value>::get(Deadline deadline, Ask ask) {
  {
    auto state = state_.lock();
    // After a failure, the next query may take long, so callers do not wait for another caller's
    // query.
    const auto ready = [](const State& now) { return !now.asking || !now.old || now.backoff.failing(); };
    if (!state.wait_until(changed_, deadline.at(), ready))
      throw RedisUnreachable("no time left to find out where Redis is");
    const bool wait = state->asking || !state->rest.passed() || !state->backoff.may_try();
    if (state->value && (!state->old || wait)) return state->value;
    if (wait) throw RedisUnreachable(state->backoff.problem());
    state->asking = true;
  }
  const bool fair = Backoff::fair(deadline);
  Pointer value;
  std::string problem;
  try {
    value = std::make_shared<const Value>(ask(deadline));
  } catch (const RedisUnreachable& error) {
    problem = error.what();
  } catch (...) {
    state_.lock()->asking = false;
    changed_.notify_all();
    throw;
  }
  auto state = state_.lock();
  state->asking = false;
  changed_.notify_all();
  if (!value) {
    if (fair || !deadline.passed()) state->backoff.note_failure(problem);
    if (state->value) return state->value;
    throw RedisUnreachable(problem);
  }
  state->backoff.note_success();
  state->rest = Deadline(kRest);
  state->old = false;
  state->value = value;
  return value;
}

}  // namespace mailreeve

#endif
