// SPDX-License-Identifier: BSD-2-Clause
// The server that has a key now: always the same one, or the one that Sentinels
// name, or the one in a cluster's map. Safe to call from any thread.
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
  // This server had a problem: look up the choice again.
  virtual void suspect(const Server& server) = 0;
  // A node of the cluster said that the slot has moved there.
  virtual void note_move(unsigned /*slot*/, const RedisAddress& /*where*/) {}
  virtual Server at(const RedisAddress& where) = 0;
  // Whether all keys are on one server, so that a script may take any of them.
  virtual bool keeps_together() const { return true; }
};

// One server, whatever happens.
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

// Asks one of several servers, by its number, and the next if it fails, until one has
// the answer. Each gets half of the remaining time: the first has enough of it, however
// many there are, and some is left if it does not answer. Each question begins with
// another server: one with outdated knowledge must not be believed forever.
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

// A value that is fetched once for all callers, kept, and fetched again when it may
// be outdated.
template <class Value>
class Refreshed {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // `ask` gets a deadline and returns a Value, or throws RedisUnreachable.
  template <class Ask>
  Pointer get(Deadline deadline, Ask ask);

  void suspect() { state_.lock()->old = true; }
  // As above, if this is still the known value.
  void suspect(const Value& value) {
    auto state = state_.lock();
    if (state->value && *state->value == value) state->old = true;
  }
  // Changes the known value, if there is one; its age does not change.
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
    Deadline rest{Milliseconds(0)};  // no question before
    Backoff backoff;
  };
  // Otherwise each failing call would ask, while a failover takes seconds.
  static constexpr Milliseconds kRest{100};

  Guarded<State> state_;
  std::condition_variable changed_;
};

template <class Value>
template <class Ask>
typename Refreshed<Value>::Pointer Refreshed<Value>::get(Deadline deadline, Ask ask) {
  {
    auto state = state_.lock();
    // After a failure, another one may take long: callers do not wait for another's question then.
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
