// SPDX-License-Identifier: BSD-2-Clause
// Walks over all keys of all masters, a step at a time. Safe to call from any
// thread.
//
// No server knows the total number of tuples. A walk counts them; if there are too many,
// those that have waited longest give way in the next walk. So there may be more than
// max_tuples for as long as two walks take, and if too many have passed.
#ifndef MAILREEVE_STORE_STATE_REDIS_SWEEP_H
#define MAILREEVE_STORE_STATE_REDIS_SWEEP_H

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/state_store.h"
#include "store/redis/client.h"
#include "store/state/redis_walk_bound.h"
#include "util/guarded.h"

namespace mailreeve {

class RedisSweep {
 public:
  explicit RedisSweep(RedisClient& client) : client_(client) {}

  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most);
  StateSize size(TimePoint now);

 private:
  // The counts of a walk: tuples and, of those that wait, the number first seen in each
  // minute.
  struct Count {
    std::size_t tuples = 0;
    std::map<std::int64_t, std::size_t> waiting;  // of one year

    // Counts a waiting tuple that was first seen in this minute.
    void add_waiting(std::int64_t minute, TimePoint now);
    void add(const Count& more);
    // Waiting tuples first seen before this give way; the beginning of time: none do.
    TimePoint first_to_stay(const GreylistRules& rules) const;
  };
  // The position of a walk of purge().
  struct Walk {
    RedisAddress server;
    std::string cursor = "0";
    std::optional<RedisWalkBound> bound;  // nullopt: this server's part begins
    TimePoint first_to_stay{};
    Count count;
  };
  // Owns the walk for as long as this lives, which an exception may end.
  class Walking;
  // The work of purge() on each key.
  struct Task {
    TimePoint now;
    TimePoint first_to_stay;
    std::size_t most;
  };
  struct Call {
    const RedisScript& script;
    RedisCommand command;
  };
  struct Step {
    std::vector<std::string> keys;
    std::string next;  // cursor; "0": that was the last
  };

  static RedisReply size_of(const RedisRoutes::Server& server);
  static RedisWalkBound hash_bound(const RedisRoutes::Server& server, const std::string& key);
  static Step scan(const RedisRoutes::Server& server, const std::string& cursor);
  static Call purge_call(const std::string& key, const Task& task, const std::string& cursor);
  static Call count_call(const std::string& key, TimePoint now, const std::string& cursor);
  static std::vector<RedisReply> run_all(const RedisRoutes::Server& server, const std::vector<Call>& calls);
  static std::size_t purge_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                                Task task, Count& count);
  static void count_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                         TimePoint now, StateSize& sum);

  RedisClient& client_;
  Guarded<Walk> walk_;
};

}  // namespace mailreeve

#endif
