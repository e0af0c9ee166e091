// SPDX-License-Identifier: BSD-2-Clause
// Sends scripts to the server that currently has their keys. Safe to call from
// any thread. Never resends a call that may have been executed. Resends a call
// that a server says it did not execute, if another server has the keys by then.
#ifndef MAILREEVE_STORE_REDIS_CLIENT_H
#define MAILREEVE_STORE_REDIS_CLIENT_H

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "store/redis/routes.h"
#include "store/redis/script.h"

namespace mailreeve {

// What a script that has one key is called with.
struct RedisCall {
  std::string key;
  std::vector<std::string> arguments;
};

class RedisClient {
 public:
  // `timeout` limits the time of a call, whatever its deadline.
  RedisClient(std::unique_ptr<RedisRoutes> routes, Milliseconds timeout)
      : routes_(std::move(routes)), timeout_(timeout) {}

  // Runs a script by its digest, or by its text if the server does not know it yet.
  // Throws BackendError, also if the server answers with an error.
  RedisReply run(const RedisScript& script, const std::vector<std::string>& keys,
                 const std::vector<std::string>& arguments, Deadline deadline);
  // Runs a script once for each key, in one round trip to each server that has some of
  // them, and returns as many replies. Some calls may have taken effect if it throws.
  std::vector<RedisReply> run_each(const RedisScript& script, std::span<const RedisCall> calls,
                                   Deadline deadline);
  // Runs one command on one key.
  RedisReply command(const std::string& key, const RedisCommand& command, Deadline deadline);

  RedisRoutes& routes() { return *routes_; }

 private:
  struct Try;
  std::vector<RedisReply> exchange(const RedisRoutes::Server& server,
                                   const std::vector<RedisCommand>& commands, Deadline deadline);
  RedisReply send(const std::string& key, const RedisCommand& command, const RedisScript* script,
                  Deadline deadline);
  std::optional<RedisReply> attempt(Try& state, Deadline deadline);
  std::optional<RedisReply> judge(Try& state, RedisReply reply);
  void redirect(Try& state, const RedisReply& error);
  void look_again(Try& state, const RedisUnreachable& error, Deadline deadline);

  std::unique_ptr<RedisRoutes> routes_;
  const Milliseconds timeout_;
};

// Makes an EVALSHA command.
RedisCommand script_command(const RedisScript& script, const std::vector<std::string>& keys,
                            const std::vector<std::string>& arguments);
// Turns it into EVAL, for a server that does not know the script.
void give_text(RedisCommand& command, const RedisScript& script);

}  // namespace mailreeve

#endif
