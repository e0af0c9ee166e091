// SPDX-License-Identifier: BSD-2-Clause
// Redis Cluster: 16384 slots, each on one master, and a slot map that any node can provide.
#ifndef MAILREEVE_STORE_REDIS_CLUSTER_H
#define MAILREEVE_STORE_REDIS_CLUSTER_H

#include <atomic>
#include <map>
#include <string_view>
#include <vector>

#include "store/redis/routes.h"

namespace mailreeve {

// Returns the slot of a key: CRC-16/XMODEM of the text between its first "{" and
// the "}" after it, or of the whole key if that text is empty.
unsigned key_slot(std::string_view key);

class ClusterRedis final : public RedisRoutes {
 public:
  ClusterRedis(std::vector<RedisAddress> seeds, RedisLogin login, std::size_t connections)
      : seeds_(std::move(seeds)), login_(std::move(login)), connections_(connections) {}

  Server server_of(unsigned slot, Deadline deadline) override;
  std::vector<Server> masters(Deadline deadline) override;
  void suspect(const Server& /*server*/) override { map_.suspect(); }
  void note_move(unsigned slot, const RedisAddress& where) override;
  Server at(const RedisAddress& where) override;
  bool keeps_together() const override { return false; }

 private:
  using Map = std::vector<Server>;  // indexed by slot; null if no node has it

  Map ask_nodes(Deadline deadline);
  Map ask(const Server& node, Deadline deadline);
  void enter(Map& map, const RedisReply& range, const RedisAddress& teller);
  std::vector<Server> to_ask();
  void forget_others(const Map& map);

  const std::vector<RedisAddress> seeds_;
  const RedisLogin login_;
  const std::size_t connections_;
  Guarded<std::map<RedisAddress, Server>> nodes_;
  Refreshed<Map> map_;
  std::atomic<std::size_t> turn_{0};
};

}  // namespace mailreeve

#endif
