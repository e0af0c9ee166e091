// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/sentinel.h"

#include "util/host_port.h"

namespace mailreeve {

SentinelRedis::SentinelRedis(const std::vector<RedisAddress>& sentinels, std::string master, RedisLogin login,
                             std::size_t connections)
    : name_(std::move(master)),
      login_(std::move(login)),
      connections_(connections),
      named_(sentinels.size()) {
  RedisLogin plain;
  plain.trust = login_.trust;
  plain.proof = RedisLogin::Proof::None;
  for (const auto& sentinel : sentinels) sentinels_.emplace_back(sentinel, plain);
  login_.proof = RedisLogin::Proof::IsMaster;
}

RedisRoutes::Server SentinelRedis::server_of(unsigned /*slot*/, Deadline deadline) {
  return *master_.get(deadline, [this](Deadline until) { return find_master(until); });
}

RedisRoutes::Server SentinelRedis::at(const RedisAddress& where) {
  const auto named = named_.lock();
  for (const auto& server : *named)
    if (server && server->address() == where) return server;
  return std::make_shared<RedisPool>(where, login_, connections_);
}

RedisRoutes::Server SentinelRedis::named(std::size_t sentinel, const RedisAddress& address) {
  Server server = at(address);
  named_.lock()->at(sentinel) = server;
  return server;
}

// Returns the first server named that confirms its role.
RedisRoutes::Server SentinelRedis::find_master(Deadline deadline) try {
  const std::size_t first = turn_++;
  return ask_in_turn(sentinels_.size(), deadline, [&](std::size_t i, Deadline until) {
    const std::size_t sentinel = (first + i) % sentinels_.size();
    Server server = named(sentinel, ask(sentinel, until));
    verify(server, until);
    return server;
  });
} catch (const RedisUnreachable& error) {
  throw RedisUnreachable("no master " + name_ + ": " + error.what());
}

RedisAddress SentinelRedis::ask(std::size_t sentinel, Deadline deadline) {
  const RedisReply reply = question(sentinels_[sentinel], deadline);
  const auto fail = [&](const std::string& why) {
    return RedisUnreachable("the Sentinel at " + to_string(sentinels_[sentinel].address()) + " " + why);
  };
  if (reply.is(RedisReply::Type::Nil)) throw fail("does not know " + name_);
  if (!reply.is(RedisReply::Type::Array) || reply.elements.size() != 2)
    throw fail("says: " + describe(reply));
  const std::string& host = reply.elements[0].text;
  const auto port = parse_port(reply.elements[1].text);
  if (host.empty() || !port) throw fail("names no address");
  return {.host = host, .port = *port, .path = {}};
}

// Queries are rare, so each uses a new connection. Losing a reply does no harm.
RedisReply SentinelRedis::question(RedisServer& sentinel, Deadline deadline) const {
  try {
    RedisConnection connection(sentinel, deadline);
    const RedisCommand who{"SENTINEL", "get-master-addr-by-name", name_};
    RedisReply reply = connection.command(who, deadline);
    if (!reply.is_error("NOAUTH") || login_.password_file.empty()) return reply;
    connection.authenticate(login_, deadline);
    return connection.command(who, deadline);
  } catch (const BackendError& error) {
    throw RedisUnreachable(error.what());
  }
}

}  // namespace mailreeve
