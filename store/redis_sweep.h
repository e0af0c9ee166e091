// SPDX-License-Identifier: BSD-2-Clause
// Walks over all keys of all masters, a step at a time. Safe to call from any
// thread.
#ifndef MAILREEVE_STORE_REDIS_SWEEP_H
#define MAILREEVE_STORE_REDIS_SWEEP_H

#include <string>
#include <vector>

#include "core/backends.h"
#include "store/guarded.h"
#include "store/redis_client.h"

namespace mailreeve {

class RedisSweep {
 public:
  explicit RedisSweep(RedisClient& client) : client_(client) {}

  std::size_t purge(TimePoint now, std::size_t most);
  StateSize size(TimePoint now);

 private:
  // Where a walk has come to.
  struct Place {
    RedisAddress server;
    std::string cursor = "0";
  };
  struct Call {
    const RedisScript& script;
    RedisCommand command;
  };
  struct Step {
    std::vector<std::string> keys;
    std::string next;  // cursor; "0": that was the last
  };

  static Step scan(const RedisRoutes::Server& server, const std::string& cursor);
  static Call purge_call(const std::string& key, TimePoint now, std::size_t most, const std::string& cursor);
  static Call count_call(const std::string& key, TimePoint now, const std::string& cursor);
  static std::vector<RedisReply> run_all(const RedisRoutes::Server& server, const std::vector<Call>& calls);
  static std::size_t purge_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                                TimePoint now, std::size_t most);
  static void count_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                         TimePoint now, StateSize& sum);

  RedisClient& client_;
  Guarded<Place> place_;  // of purge()
};

}  // namespace mailreeve

#endif
