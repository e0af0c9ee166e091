// SPDX-License-Identifier: BSD-2-Clause
// Connections to one Redis server: as many as are needed at once, up to a
// bound. Safe to call from any thread. A server that does not answer is tried
// by one caller at a time and not without pauses; the others fail at once.
#ifndef MAILREEVE_STORE_REDIS_POOL_H
#define MAILREEVE_STORE_REDIS_POOL_H

#include <condition_variable>
#include <memory>
#include <vector>

#include "store/backoff.h"
#include "store/guarded.h"
#include "store/redis_connection.h"

namespace mailreeve {

class RedisPool {
 public:
  RedisPool(RedisAddress address, RedisLogin login, std::size_t most)
      : server_(std::move(address), std::move(login)), most_(most) {}

  // A connection for one call. It goes back if it is still usable.
  class Lease {
   public:
    Lease(RedisPool& pool, std::unique_ptr<RedisConnection> connection)
        : pool_(pool), connection_(std::move(connection)) {}
    ~Lease() { pool_.take_back(std::move(connection_)); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    RedisConnection* operator->() const { return connection_.get(); }

   private:
    RedisPool& pool_;
    std::unique_ptr<RedisConnection> connection_;
  };

  // Throws RedisUnreachable.
  Lease lease(Deadline deadline);
  const RedisAddress& address() const { return server_.address(); }

 private:
  struct Idle {
    std::unique_ptr<RedisConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  struct State {
    std::vector<Idle> idle;
    std::size_t open = 0;  // idle, leased, or being made
    bool trying = false;   // somebody tries whether the server is back
    Backoff backoff;

    bool down() const { return backoff.failing() && (trying || !backoff.may_try()); }
  };

  // An idle connection; or none, and a new one is to be made.
  Idle take(Deadline deadline);
  bool healthy(const Idle& idle, Deadline deadline) const;
  std::unique_ptr<RedisConnection> connect(Deadline deadline);
  void take_back(std::unique_ptr<RedisConnection> connection);
  void forget_one();

  RedisServer server_;
  const std::size_t most_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
