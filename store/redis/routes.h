// SPDX-License-Identifier: BSD-2-Clause
// Which server has a key now: one and the same, or whom the Sentinels name, or
// where a cluster's map says. Safe to call from any thread.
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
  // Something was wrong with this server: whoever chose it looks again.
  virtual void suspect(const Server& server) = 0;
  // A node of the cluster said that the slot is there now.
  virtual void moved(unsigned /*slot*/, const RedisAddress& /*where*/) {}
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

// Asks one of several, by its number, and the next if it fails, until one has the
// answer. Each gets half of the time that is left: the first has enough of it, however
// many there are, and something is left when it has not answered. Who asks begins with
// another one each time: one that knows no better must not be believed for ever.
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

// Something that is asked for once for all who need it, kept, and asked for
// again when it is suspected to be old.
template <class Value>
class Refreshed {
 public:
  using Pointer = std::shared_ptr<const Value>;

  // `ask` gets a deadline and returns a Value, or throws RedisUnreachable.
  template <class Ask>
  Pointer get(Deadline deadline, Ask ask);

  void suspect() { state_.lock()->old = true; }
  // As above, if what is known is still this.
  void suspect(const Value& value) {
    auto state = state_.lock();
    if (state->value && *state->value == value) state->old = true;
  }
  // Changes what is known, if anything is; it stays as old as it was.
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
  // Each failing call would ask, while a failover takes seconds.
  static constexpr Milliseconds kRest{100};

  Guarded<State> state_;
  std::condition_variable changed_;
};

template <class Value>
template <class Ask>
typename Refreshed<Value>::Pointer Refreshed<Value>::get(Deadline deadline, Ask ask) {
  {
    auto state = state_.lock();
    // What has failed may take long to fail again: nobody waits for another's question then.
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
    if (fair || !deadline.passed()) state->backoff.failed(problem);
    if (state->value) return state->value;
    throw RedisUnreachable(problem);
  }
  state->backoff.succeeded();
  state->rest = Deadline(kRest);
  state->old = false;
  state->value = value;
  return value;
}

}  // namespace mailreeve

#endif
