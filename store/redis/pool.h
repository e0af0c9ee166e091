// SPDX-License-Identifier: BSD-2-Clause
// Connections to one Redis server: as many as are needed at once, up to a limit.
// Safe to call from any thread. If the server does not answer, one caller at a time
// tries it, after pauses, and the others fail at once. A call that was refused or
// cut off without waiting does not cause this.
#ifndef MAILREEVE_STORE_REDIS_POOL_H
#define MAILREEVE_STORE_REDIS_POOL_H

#include <condition_variable>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "store/redis/connection.h"
#include "util/backoff.h"
#include "util/guarded.h"

namespace mailreeve {

class RedisPool {
 public:
  // The network may silently drop a connection, so a connection that was idle for
  // longer than `untested` is tested before use.
  RedisPool(RedisAddress address, RedisLogin login, std::size_t most, Milliseconds untested = Seconds(30))
      : server_(std::move(address), std::move(login)), most_(most), untested_(untested) {}

  // The conditions under which a call was admitted.
  struct Turn {
    Deadline deadline;
    bool fair;           // it had enough time to blame the server for a timeout
    bool trial = false;  // the server was failing, and this call tries it
  };

  // A connection for one call. Returns to the pool if still usable.
  class Lease {
   public:
    Lease(RedisPool& pool, const Turn& turn, std::unique_ptr<RedisConnection> connection)
        : pool_(pool), turn_(turn), connection_(std::move(connection)) {}
    ~Lease() { pool_.take_back(turn_, std::move(connection_), used_); }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    RedisConnection* operator->() {
      used_ = true;
      return connection_.get();
    }

   private:
    RedisPool& pool_;
    const Turn turn_;
    std::unique_ptr<RedisConnection> connection_;
    bool used_ = false;
  };

  // Throws RedisUnreachable.
  Lease lease(Deadline deadline);
  const RedisAddress& address() const { return server_.address(); }
  // Whether callers currently fail at once, except for an occasional trial.
  bool failing() { return state_.lock()->backoff.failing(); }

 private:
  struct Idle {
    std::unique_ptr<RedisConnection> connection;
    SteadyTime since;
  };
  struct State {
    std::vector<Idle> idle;
    std::size_t open = 0;  // idle, leased, or being made
    bool trying = false;   // a trial is in progress
    Backoff backoff;
  };

  // Takes an idle connection. If there is none, the caller must make a new one.
  Idle take(Turn& turn);
  bool healthy(const Idle& idle, Deadline deadline) const;
  void take_back(const Turn& turn, std::unique_ptr<RedisConnection> connection, bool used);
  // The call lost its connection or got none. `problem` is set if the server is to blame.
  void note_loss(const Turn& turn, const std::optional<std::string>& problem);
  void drop_idle();

  RedisServer server_;
  const std::size_t most_;
  const Milliseconds untested_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
