// SPDX-License-Identifier: BSD-2-Clause
// The master that Sentinels name. Each connect verifies its role, since a
// Sentinel that was cut off may still name the previous master.
#ifndef MAILREEVE_STORE_REDIS_SENTINEL_H
#define MAILREEVE_STORE_REDIS_SENTINEL_H

#include <atomic>
#include <string>
#include <vector>

#include "store/redis/routes.h"

namespace mailreeve {

class SentinelRedis final : public RedisRoutes {
 public:
  // `login` is for the servers; a Sentinel gets its password only if it requires one.
  SentinelRedis(const std::vector<RedisAddress>& sentinels, std::string master, RedisLogin login,
                std::size_t connections);

  Server server_of(unsigned slot, Deadline deadline) override;
  std::vector<Server> masters(Deadline deadline) override { return {server_of(0, deadline)}; }
  void suspect(const Server& server) override { master_.suspect(server); }
  Server at(const RedisAddress& where) override;

 private:
  Server find_master(Deadline deadline);
  Server named(std::size_t sentinel, const RedisAddress& address);
  RedisAddress ask(std::size_t sentinel, Deadline deadline);
  RedisReply question(RedisServer& sentinel, Deadline deadline) const;
  // Requires the server to say that it is a master; keeps the connection for later.
  static void verify(const Server& server, Deadline deadline) { server->lease(deadline); }

  std::vector<RedisServer> sentinels_;  // each remembers its addresses
  const std::string name_;
  RedisLogin login_;
  const std::size_t connections_;
  // The server that each Sentinel named last, so that a wrong one is remembered as failing.
  Guarded<std::vector<Server>> named_;
  Refreshed<Server> master_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace mailreeve

#endif
