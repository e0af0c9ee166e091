// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/cluster.h"

#include <algorithm>
#include <set>

namespace mailreeve {

namespace {

constexpr std::size_t kSlots = 16384;

unsigned crc16(std::string_view octets) {
  unsigned crc = 0;
  for (const char c : octets) {
    crc ^= static_cast<unsigned>(static_cast<unsigned char>(c)) << 8;
    for (int bit = 0; bit < 8; ++bit) crc = (crc & 0x8000) != 0 ? (crc << 1) ^ 0x1021 : crc << 1;
  }
  return crc & 0xffff;
}

bool is_slot(const RedisReply& reply) {
  return reply.is(RedisReply::Type::Integer) && reply.integer >= 0 &&
         reply.integer < static_cast<std::int64_t>(kSlots);
}

}  // namespace

unsigned key_slot(std::string_view key) {
  const auto open = key.find('{');
  if (open != std::string_view::npos) {
    const auto end = key.find('}', open + 1);
    if (end != std::string_view::npos && end > open + 1) key = key.substr(open + 1, end - open - 1);
  }
  return crc16(key) % kSlots;
}

RedisRoutes::Server ClusterRedis::server_of(unsigned slot, Deadline deadline) {
  const auto map = map_.get(deadline, [this](Deadline until) { return ask_nodes(until); });
  const Server& server = map->at(slot);
  if (server) return server;
  map_.suspect();
  throw RedisUnreachable("no node of the Redis cluster has slot " + std::to_string(slot));
}

// In the order of their first slots, so that a promoted replica takes its master's place.
std::vector<RedisRoutes::Server> ClusterRedis::masters(Deadline deadline) {
  const auto map = map_.get(deadline, [this](Deadline until) { return ask_nodes(until); });
  std::vector<Server> masters;
  std::set<Server> seen{nullptr};
  for (const auto& server : *map)
    if (seen.insert(server).second) masters.push_back(server);
  return masters;
}

void ClusterRedis::note_move(unsigned slot, const RedisAddress& where) {
  const Server server = at(where);
  map_.change([&](Map& map) { map.at(slot) = server; });
  map_.suspect();
}

RedisRoutes::Server ClusterRedis::at(const RedisAddress& where) {
  auto nodes = nodes_.lock();
  Server& server = (*nodes)[where];
  if (!server) server = std::make_shared<RedisPool>(where, login_, connections_);
  return server;
}

// Returns all known nodes, including the configured ones. Nodes that did not
// answer recently come last.
std::vector<RedisRoutes::Server> ClusterRedis::to_ask() {
  std::vector<Server> all;
  for (const auto& seed : seeds_) at(seed);
  {
    // Has a name, or the lock would be released before the first step.
    const auto nodes = nodes_.lock();
    for (const auto& [address, server] : *nodes) all.push_back(server);
  }
  const auto first = all.begin() + static_cast<std::ptrdiff_t>(turn_++ % all.size());
  std::rotate(all.begin(), first, all.end());
  std::stable_partition(all.begin(), all.end(), [](const Server& server) { return !server->failing(); });
  return all;
}

ClusterRedis::Map ClusterRedis::ask_nodes(Deadline deadline) try {
  const auto nodes = to_ask();
  Map map = ask_in_turn(nodes.size(), deadline,
                        [&](std::size_t node, Deadline until) { return ask(nodes[node], until); });
  forget_others(map);
  return map;
} catch (const RedisUnreachable& error) {
  throw RedisUnreachable("no node of the Redis cluster answers: " + std::string(error.what()));
}

ClusterRedis::Map ClusterRedis::ask(const Server& node, Deadline deadline) {
  const RedisReply reply = node->lease(deadline)->command({"CLUSTER", "SLOTS"}, deadline);
  if (!reply.is(RedisReply::Type::Array))
    throw RedisUnreachable("Redis at " + to_string(node->address()) + ": " + describe(reply));
  Map map(kSlots);
  for (const auto& range : reply.elements) enter(map, range, node->address());
  if (std::all_of(map.begin(), map.end(), [](const Server& server) { return !server; }))
    throw RedisUnreachable("Redis at " + to_string(node->address()) + " knows of no slots");
  return map;
}

// A range holds its first and last slot, the master, and the replicas.
void ClusterRedis::enter(Map& map, const RedisReply& range, const RedisAddress& teller) {
  if (!range.is(RedisReply::Type::Array) || range.elements.size() < 3) return;
  const auto& first = range.elements[0];
  const auto& last = range.elements[1];
  const auto& master = range.elements[2].elements;
  if (!is_slot(first) || !is_slot(last) || master.size() < 2 || master[1].integer < 1 ||
      master[1].integer > 65535)
    return;
  // No name, or "?", means the node that we asked.
  const std::string& host = master[0].text.empty() || master[0].text == "?" ? teller.host : master[0].text;
  const Server server = at({.host = host, .port = static_cast<std::uint16_t>(master[1].integer), .path = {}});
  for (auto slot = first.integer; slot <= last.integer; ++slot) map[static_cast<std::size_t>(slot)] = server;
}

void ClusterRedis::forget_others(const Map& map) {
  const std::set<Server> masters(map.begin(), map.end());
  const auto wanted = [&](const auto& node) {
    return masters.contains(node.second) ||
           std::find(seeds_.begin(), seeds_.end(), node.first) != seeds_.end();
  };
  std::erase_if(*nodes_.lock(), [&](const auto& node) { return !wanted(node); });
}

}  // namespace mailreeve
