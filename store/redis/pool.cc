// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/pool.h"

namespace mailreeve {

RedisPool::Lease RedisPool::lease(Deadline deadline) {
  Turn turn{.deadline = deadline, .fair = Backoff::fair(deadline)};
  Idle idle = take(turn);
  try {
    if (idle.connection && !healthy(idle, deadline)) {
      // The problem of one idle connection probably affects all of them.
      drop_idle();
      idle.connection.reset();
    }
    if (!idle.connection) idle.connection = std::make_unique<RedisConnection>(server_, deadline);
  } catch (const RedisUnreachable& error) {
    const bool blame = turn.trial || turn.fair || !deadline.passed();
    note_loss(turn, blame ? std::optional<std::string>(error.what()) : std::nullopt);
    throw;
  } catch (...) {
    note_loss(turn, std::nullopt);
    throw;
  }
  return {*this, turn, std::move(idle.connection)};
}

RedisPool::Idle RedisPool::take(Turn& turn) {
  if (turn.deadline.passed()) throw RedisUnreachable("no time left for Redis at " + to_string(address()));
  auto state = state_.lock();
  const auto room = [this](const State& now) { return !now.idle.empty() || now.open < most_; };
  const auto ready = [&](const State& now) { return room(now) || now.backoff.failing(); };
  if (!state.wait_until(changed_, turn.deadline.at(), ready))
    throw RedisUnreachable("all connections to Redis at " + to_string(address()) + " are in use");
  if (state->backoff.failing()) {
    if (state->trying || !state->backoff.may_try() || !room(*state))
      throw RedisUnreachable(state->backoff.problem());
    state->trying = turn.trial = true;
  }
  if (state->idle.empty()) {
    ++state->open;
    return {};
  }
  // Take the most recently used one. The others may grow old enough to be tested.
  Idle idle = std::move(state->idle.back());
  state->idle.pop_back();
  return idle;
}

bool RedisPool::healthy(const Idle& idle, Deadline deadline) const {
  if (!idle.connection->quiet()) return false;
  if (SteadyClock::now() - idle.since < untested_) return true;
  // The new connection and the call need the rest.
  return idle.connection->check(deadline.within(deadline.left() / 3));
}

// A successful connect proves little about a server: only a reply does.
void RedisPool::take_back(const Turn& turn, std::unique_ptr<RedisConnection> connection, bool used) {
  if (!connection->usable()) {
    drop_idle();
    const bool waited = turn.fair && turn.deadline.passed();
    const bool blame = turn.trial || waited;
    return note_loss(turn, blame ? std::optional(connection->problem()) : std::nullopt);
  }
  {
    auto state = state_.lock();
    state->idle.push_back({std::move(connection), SteadyClock::now()});
    if (turn.trial) state->trying = false;
    if (used) state->backoff.note_success();
  }
  changed_.notify_one();
}

// Of many calls that time out together, only one prolongs the pause.
void RedisPool::note_loss(const Turn& turn, const std::optional<std::string>& problem) {
  {
    auto state = state_.lock();
    --state->open;
    if (turn.trial) state->trying = false;
    if (problem && (turn.trial || !state->backoff.failing())) state->backoff.note_failure(*problem);
  }
  changed_.notify_all();
}

void RedisPool::drop_idle() {
  std::vector<Idle> dropped;
  {
    auto state = state_.lock();
    dropped.swap(state->idle);
    state->open -= dropped.size();
  }
  changed_.notify_all();
}

}  // namespace mailreeve
