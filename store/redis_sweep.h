// SPDX-License-Identifier: BSD-2-Clause
// Walks over all keys of all masters, a step at a time. Safe to call from any
// thread.
#ifndef MAILREEVE_STORE_REDIS_SWEEP_H
#define MAILREEVE_STORE_REDIS_SWEEP_H

#include <functional>
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
  struct Step {
    std::vector<std::string> keys;
    std::string next;  // cursor; "0": that was the last
  };

  Step scan(const RedisRoutes::Server& server, const std::string& cursor) const;
  std::vector<RedisReply> run_all(const RedisRoutes::Server& server,
                                  std::vector<RedisCommand> commands) const;
  std::size_t purge_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys,
                         TimePoint now, std::size_t most) const;
  void count_keys(const RedisRoutes::Server& server, const std::vector<std::string>& keys, TimePoint now,
                  StateSize& sum) const;

  RedisClient& client_;
  Guarded<Place> place_;  // of purge()
};

}  // namespace mailreeve

#endif
