// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis_pool.h"

namespace mailreeve {

namespace {

// What lies between us and the server may forget a connection without a word.
constexpr Seconds kUntested{30};

}  // namespace

RedisPool::Lease RedisPool::lease(Deadline deadline) {
  for (;;) {
    Idle idle = take(deadline);
    if (!idle.connection) return {*this, connect(deadline)};
    if (healthy(idle, deadline)) return {*this, std::move(idle.connection)};
    forget_one();
  }
}

RedisPool::Idle RedisPool::take(Deadline deadline) {
  if (deadline.passed()) throw RedisUnreachable("no time left for Redis at " + to_string(address()));
  auto state = state_.lock();
  const auto ready = [this](const State& now) { return !now.idle.empty() || now.down() || now.open < most_; };
  if (!state.wait_until(changed_, deadline.at(), ready))
    throw RedisUnreachable("all connections to Redis at " + to_string(address()) + " are in use");
  if (!state->idle.empty()) {
    // The one used last: the others may become old enough to be tested.
    Idle idle = std::move(state->idle.back());
    state->idle.pop_back();
    return idle;
  }
  if (state->down()) throw RedisUnreachable(state->backoff.problem());
  state->trying = state->backoff.failing();
  ++state->open;
  return {};
}

bool RedisPool::healthy(const Idle& idle, Deadline deadline) const {
  if (!idle.connection->quiet()) return false;
  return std::chrono::steady_clock::now() - idle.since < kUntested || idle.connection->check(deadline);
}

std::unique_ptr<RedisConnection> RedisPool::connect(Deadline deadline) {
  const bool fair = Backoff::fair(deadline);
  try {
    auto connection = std::make_unique<RedisConnection>(server_, deadline);
    auto state = state_.lock();
    state->trying = false;
    state->backoff.succeeded();
    return connection;
  } catch (const RedisUnreachable& error) {
    {
      auto state = state_.lock();
      state->trying = false;
      if (fair || !deadline.passed()) state->backoff.failed(error.what());
      --state->open;
    }
    changed_.notify_all();
    throw;
  }
}

void RedisPool::take_back(std::unique_ptr<RedisConnection> connection) {
  std::vector<Idle> lost;
  {
    auto state = state_.lock();
    if (connection->usable()) {
      state->idle.push_back({std::move(connection), std::chrono::steady_clock::now()});
    } else {
      // What happened to one has probably happened to all.
      lost = std::move(state->idle);
      state->idle.clear();
      state->open -= lost.size() + 1;
    }
  }
  if (lost.empty())
    changed_.notify_one();
  else
    changed_.notify_all();
}

void RedisPool::forget_one() {
  --state_.lock()->open;
  changed_.notify_one();
}

}  // namespace mailreeve
