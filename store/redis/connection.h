// SPDX-License-Identifier: BSD-2-Clause
// A connection to one Redis server, ready for commands. One thread at a time.
#ifndef MAILREEVE_STORE_REDIS_CONNECTION_H
#define MAILREEVE_STORE_REDIS_CONNECTION_H

#include <memory>
#include <span>
#include <string>
#include <vector>

#include "net/host_lookup.h"
#include "net/stream.h"
#include "net/tls_stream.h"
#include "store/redis/protocol.h"
#include "store/redis/url.h"
#include "util/backend_error.h"

namespace mailreeve {

// Nothing was sent, or the server refused to serve us before it did anything: the call had no effect.
class RedisUnreachable : public BackendError {
 public:
  using BackendError::BackendError;
};

// The login and transport for all servers of a URL.
struct RedisLogin {
  std::string user;
  std::string password_file;  // read at each connect; empty for no authentication
  unsigned database = 0;
  std::shared_ptr<const TlsTrust> trust;  // null for no TLS
  // How to check a server before use. A Sentinel that requires a password refuses even PING.
  enum class Proof { Answers, IsMaster, None };
  Proof proof = Proof::Answers;
};

class RedisServer {
 public:
  RedisServer(RedisAddress address, RedisLogin login)
      : address_(std::move(address)), login_(std::move(login)), lookup_(address_.host, address_.port) {}

  const RedisAddress& address() const { return address_; }
  const RedisLogin& login() const { return login_; }
  // Throws StreamError.
  std::unique_ptr<Stream> open_stream(Deadline deadline);

 private:
  RedisAddress address_;
  RedisLogin login_;
  HostLookup lookup_;
};

class RedisConnection {
 public:
  // Connects, authenticates and selects the database. Throws RedisUnreachable.
  RedisConnection(RedisServer& server, Deadline deadline);

  // Authenticates to a server that turns out to require a password. Throws BackendError.
  void authenticate(const RedisLogin& login, Deadline deadline);

  // Returns error replies as replies. Throws BackendError; the commands may
  // then have been executed, and the connection is no longer usable.
  RedisReply command(const RedisCommand& command, Deadline deadline);
  // Sends all commands at once and returns one reply for each.
  std::vector<RedisReply> exchange(std::span<const RedisCommand> commands, Deadline deadline);

  bool usable() const { return usable_; }
  // Abandons a server that still answers but has changed its role.
  void give_up(std::string problem) {
    usable_ = false;
    problem_ = std::move(problem);
  }
  // Why the connection is not usable.
  const std::string& problem() const { return problem_; }
  // Whether the connection is still open, as far as can be seen without a request.
  bool quiet() { return usable_ && stream_->quiet(); }
  // Whether the server answers and, if required, is a master.
  bool check(Deadline deadline);

 private:
  void log_in(Deadline deadline);
  std::vector<RedisReply> read_replies(std::size_t count, Deadline deadline);

  RedisServer& server_;
  std::unique_ptr<Stream> stream_;
  RedisParser parser_;
  bool usable_ = true;
  std::string problem_;
};

// Formats a server's reply for the log: truncated, without control characters.
std::string describe(const RedisReply& reply);
// Likewise, with the server's name.
std::string describe(const RedisReply& reply, const RedisAddress& server);

}  // namespace mailreeve

#endif
