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

// Nothing was sent, or the server first said that it does not serve us: the call
// took no effect.
class RedisUnreachable : public BackendError {
 public:
  using BackendError::BackendError;
};

// The login and transport for all servers of a URL.
struct RedisLogin {
  std::string user;
  std::string password_file;  // read at each connect; empty: no authentication
  unsigned database = 0;
  std::shared_ptr<const TlsTrust> trust;  // none: no TLS
  // The check of a server before it is used. A Sentinel that requires a password
  // refuses even PING.
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
  // Connects, authenticates, selects the database. Throws RedisUnreachable.
  RedisConnection(RedisServer& server, Deadline deadline);

  // For a server that turns out to require a password. Throws BackendError.
  void authenticate(const RedisLogin& login, Deadline deadline);

  // Error replies are replies. Throws BackendError; the commands may then have
  // been executed, and the connection is no longer usable.
  RedisReply command(const RedisCommand& command, Deadline deadline);
  // Sends all at once; returns as many replies.
  std::vector<RedisReply> exchange(std::span<const RedisCommand> commands, Deadline deadline);

  bool usable() const { return usable_; }
  // For a server that answers but has changed its role.
  void give_up(std::string problem) {
    usable_ = false;
    problem_ = std::move(problem);
  }
  // Why it is not usable.
  const std::string& problem() const { return problem_; }
  // Whether it is still open, as far as can be seen without a request.
  bool quiet() { return usable_ && stream_->quiet(); }
  // Whether it answers, and is a master if it must be.
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

// A server's text, for the log: cut, and without control characters.
std::string describe(const RedisReply& reply);
// The same, with the name of the server.
std::string describe(const RedisReply& reply, const RedisAddress& server);

}  // namespace mailreeve

#endif
