// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_sweep.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "store/state/redis_keys.h"
#include "store/state/redis_scripts.h"

namespace mailreeve {

namespace {

// Of one exchange, which nobody's mail waits for.
constexpr Milliseconds kPatience{2000};
constexpr std::size_t kKeysPerStep = 500;
constexpr std::size_t kPipelined = 100;
// What one purge() takes, whosever keys it finds. Redis drops most by itself, so
// it does no harm that a whole walk takes several calls; ten at most, so that what is
// too much is noticed.
constexpr std::size_t kStepsPerPurge = 20;
constexpr std::size_t kPurgesPerWalk = 10;
constexpr std::int64_t kMostKeys = 1'000'000'000;
// COUNT of the scripts.
constexpr std::size_t kFieldsPerStep = 1000;
// Longer than anything waits.
constexpr std::int64_t kMinutes = 366L * 24 * 60;

const std::string kRememberMillis = std::to_string(Milliseconds(kRememberLast).count());

[[noreturn]] void refuse(const RedisRoutes::Server& server, const RedisReply& reply, const std::string& key) {
  throw BackendError(describe(reply, server->address()) + " (" + key + ")");
}

bool is_user(const std::string& key) { return key.starts_with(kUserKeys); }

// The client's keys, of its hash's name.
std::vector<std::string> with_order(const std::string& key) {
  return {key, std::string(kOrderKeys) + key.substr(kClientKeys.size())};
}

// Its slot is on the way to another node, where the walk comes by, or does the next time.
bool gone_elsewhere(const RedisReply& reply) {
  return reply.is_error("MOVED") || reply.is_error("ASK") || reply.is_error("TRYAGAIN");
}

// Of one purge(), given the answer to DBSIZE. Not each user may ask that.
std::size_t steps_of(const RedisReply& size) {
  if (!size.is(RedisReply::Type::Integer)) return kStepsPerPurge;
  const auto keys = static_cast<std::size_t>(std::clamp<std::int64_t>(size.integer, 0, kMostKeys));
  return std::max(kStepsPerPurge, keys / kKeysPerStep / kPurgesPerWalk + 1);
}

std::int64_t number(const RedisReply& reply, std::size_t index) {
  return index < reply.elements.size() ? reply.elements[index].integer : 0;
}

std::string text(const RedisReply& reply, std::size_t index) {
  return index < reply.elements.size() ? reply.elements[index].text : "0";
}

}  // namespace

RedisSweep::Step RedisSweep::scan(const RedisRoutes::Server& server, const std::string& cursor) {
  RedisReply reply = server->lease(Deadline(kPatience))
                         ->command(scan_command(kSweptHashes, cursor, kKeysPerStep), Deadline(kPatience));
  if (!reply.is(RedisReply::Type::Array) || reply.elements.size() != 2)
    throw BackendError(describe(reply, server->address()));
  Step step;
  step.next = reply.elements[0].text;
  for (auto& key : reply.elements[1].elements) step.keys.push_back(std::move(key.text));
  std::sort(step.keys.begin(), step.keys.end());
  step.keys.erase(std::unique(step.keys.begin(), step.keys.end()), step.keys.end());
  return step;
}

RedisSweep::Call RedisSweep::purge_call(const std::string& key, const Task& task, const std::string& cursor) {
  const auto& scripts = redis_scripts();
  const std::string when = std::to_string(to_millis(task.now));
  const std::string limit = std::to_string(task.most);
  if (is_user(key))
    return {scripts.purge_user, script_command(scripts.purge_user, {key}, {when, limit, kRememberMillis})};
  return {scripts.purge_client,
          script_command(scripts.purge_client, with_order(key),
                         {when, limit, cursor, std::to_string(to_millis(task.first_to_stay))})};
}

RedisSweep::Call RedisSweep::count_call(const std::string& key, TimePoint now, const std::string& cursor) {
  const auto& scripts = redis_scripts();
  const std::string when = std::to_string(to_millis(now));
  if (is_user(key))
    return {scripts.count_user, script_command(scripts.count_user, {key}, {when, kRememberMillis})};
  return {scripts.count_client, script_command(scripts.count_client, {key}, {when, cursor})};
}

// A reply for each.
std::vector<RedisReply> RedisSweep::run_all(const RedisRoutes::Server& server,
                                            const std::vector<Call>& calls) {
  std::vector<RedisCommand> commands;
  commands.reserve(calls.size());
  for (const auto& call : calls) commands.push_back(call.command);
  auto lease = server->lease(Deadline(kPatience));
  auto replies = lease->exchange(commands, Deadline(kPatience));
  for (std::size_t i = 0; i < calls.size(); ++i) {
    if (!replies[i].is_error("NOSCRIPT")) continue;
    give_text(commands[i], calls[i].script);
    replies[i] = lease->command(commands[i], Deadline(kPatience));
  }
  return replies;
}

void RedisSweep::Count::add_waiting(std::int64_t minute, TimePoint now) {
  const std::int64_t last = to_millis(now) / 60000;
  ++waiting[std::clamp(minute, last - kMinutes, last)];
}

void RedisSweep::Count::add(const Count& more) {
  tuples += more.tuples;
  for (const auto& [minute, count] : more.waiting) waiting[minute] += count;
}

// What has passed stays: it ends by itself.
TimePoint RedisSweep::Count::first_to_stay(const GreylistRules& rules) const {
  std::size_t pending = 0;
  for (const auto& [minute, count] : waiting) pending += count;
  std::size_t excess = give_way(pending, tuples - pending, rules.max_tuples, rules).pending;
  TimePoint out{};
  for (auto minute = waiting.begin(); excess > 0 && minute != waiting.end(); ++minute) {
    excess -= std::min(excess, minute->second);
    out = from_millis((minute->first + 1) * 60000);
  }
  return out;
}

class RedisSweep::Walking {
 public:
  explicit Walking(Guarded<Walk>& home) : home_(home), walk_(std::exchange(*home.lock(), {})) {}
  ~Walking() { *home_.lock() = std::move(walk_); }
  Walking(const Walking&) = delete;
  Walking& operator=(const Walking&) = delete;
  Walk& operator*() { return walk_; }

 private:
  Guarded<Walk>& home_;
  Walk walk_;
};

std::size_t RedisSweep::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  if (most == 0) return 0;
  Walking walking(walk_);
  Walk& walk = *walking;
  const auto servers = client_.routes().masters(Deadline(kPatience));
  auto server = std::find_if(servers.begin(), servers.end(),
                             [&](const auto& one) { return one->address() == walk.server; });
  if (server == servers.end()) {
    walk = {};
    server = servers.begin();
  }
  walk.server = (*server)->address();
  const auto go_on = [&] {
    const bool end = ++server == servers.end();
    if (end) server = servers.begin();
    walk.server = (*server)->address();
    walk.cursor = "0";
    walk.bound.reset();
    return end;
  };
  // The rest of the last walk, then a whole one.
  bool whole = server == servers.begin() && walk.cursor == "0";
  std::size_t purged = 0;
  for (std::size_t steps = steps_of(size_of(*server)); steps > 0; --steps) {
    if (!walk.bound) walk.bound.emplace(size_of(*server));
    const Step step = scan(*server, walk.cursor);
    Count count;
    purged += purge_keys(*server, step.keys,
                         {.now = now, .first_to_stay = walk.first_to_stay, .most = most - purged}, count);
    if (purged == most) break;
    walk.count.add(count);
    walk.cursor = step.next;
    if (walk.cursor != "0") {
      try {
        walk.bound->step(kKeysPerStep, to_string(walk.server));
      } catch (const BackendError&) {
        // The other servers have their turn the next time.
        if (go_on()) walk.count = {};
        throw;
      }
      continue;
    }
    const bool end = go_on();
    if (end) walk.first_to_stay = std::exchange(walk.count, {}).first_to_stay(rules);
    // What has just been counted may be too much: then it goes at once.
    if (end && std::exchange(whole, true) && walk.first_to_stay == TimePoint{}) break;
  }
  return purged;
}

RedisReply RedisSweep::size_of(const RedisRoutes::Server& server) {
  return server->lease(Deadline(kPatience))->command({"DBSIZE"}, Deadline(kPatience));
}

RedisWalkBound RedisSweep::hash_bound(const RedisRoutes::Server& server, const std::string& key) {
  return RedisWalkBound(server->lease(Deadline(kPatience))->command({"HLEN", key}, Deadline(kPatience)));
}

// Each key of a pipeline gets a part of what may be purged; then those that
// have more, one by one.
std::size_t RedisSweep::purge_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                                   Task task, Count& count) {
  const std::size_t most = std::exchange(task.most, 0);
  std::size_t purged = 0;
  const auto take = [&](const RedisReply& reply) {
    purged += static_cast<std::size_t>(number(reply, 0));
    count.tuples += static_cast<std::size_t>(number(reply, 3));
    if (reply.elements.size() < 5) return;
    for (const auto& minute : reply.elements[4].elements) count.add_waiting(minute.integer, task.now);
  };
  for (std::size_t begin = 0; begin < keys.size() && purged < most;) {
    const std::size_t part = std::min({kPipelined, most - purged, keys.size() - begin});
    task.most = (most - purged) / part;
    std::vector<Call> calls;
    for (std::size_t i = 0; i < part; ++i) calls.push_back(purge_call(keys[begin + i], task, "0"));
    auto replies = run_all(server, calls);
    for (const auto& reply : replies) take(reply);
    for (std::size_t i = 0; i < part; ++i) {
      RedisReply* reply = &replies[i];
      std::optional<RedisWalkBound> bound;
      while (reply->is(RedisReply::Type::Array) && number(*reply, 2) == 0 && purged < most) {
        if (!bound) bound = hash_bound(server, keys[begin + i]);
        bound->step(kFieldsPerStep, keys[begin + i]);
        task.most = most - purged;
        auto more = run_all(server, {purge_call(keys[begin + i], task, text(*reply, 1))});
        *reply = std::move(more.front());
        take(*reply);
      }
      if (reply->is(RedisReply::Type::Error) && !gone_elsewhere(*reply))
        refuse(server, *reply, keys[begin + i]);
    }
    begin += part;
  }
  return purged;
}

StateSize RedisSweep::size(TimePoint now) {
  StateSize sum;
  for (const auto& server : client_.routes().masters(Deadline(kPatience))) {
    RedisWalkBound bound(size_of(server));
    for (std::string cursor = "0";;) {
      const Step step = scan(server, cursor);
      count_keys(server, step.keys, now, sum);
      cursor = step.next;
      if (cursor == "0") break;
      bound.step(kKeysPerStep, to_string(server->address()));
    }
  }
  return sum;
}

void RedisSweep::count_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                            TimePoint now, StateSize& sum) {
  // What is left of large hashes goes around again.
  struct Rest {
    std::string key;
    std::string cursor = "0";
    std::optional<RedisWalkBound> bound{};
  };
  std::vector<Rest> rest;
  rest.reserve(keys.size());
  for (const auto& key : keys) rest.push_back({.key = key});
  while (!rest.empty()) {
    std::vector<Rest> part;
    while (!rest.empty() && part.size() < kPipelined) {
      part.push_back(std::move(rest.back()));
      rest.pop_back();
    }
    std::vector<Call> calls;
    calls.reserve(part.size());
    for (const auto& one : part) calls.push_back(count_call(one.key, now, one.cursor));
    const auto replies = run_all(server, calls);
    for (std::size_t i = 0; i < part.size(); ++i) {
      const RedisReply& reply = replies[i];
      Rest& one = part[i];
      if (reply.is(RedisReply::Type::Error) && !gone_elsewhere(reply)) refuse(server, reply, one.key);
      if (is_user(one.key)) sum.users += static_cast<std::size_t>(reply.integer);
      if (!reply.is(RedisReply::Type::Array)) continue;
      sum.pending += static_cast<std::size_t>(number(reply, 0));
      sum.passed += static_cast<std::size_t>(number(reply, 1));
      sum.clients += static_cast<std::size_t>(number(reply, 2));
      one.cursor = text(reply, 3);
      if (one.cursor == "0") continue;
      if (!one.bound) one.bound = hash_bound(server, one.key);
      one.bound->step(kFieldsPerStep, one.key);
      rest.push_back(std::move(one));
    }
  }
}

}  // namespace mailreeve
