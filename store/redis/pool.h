// SPDX-License-Identifier: BSD-2-Clause
// Connections to one Redis server: as many as are needed at once, up to a
// bound. Safe to call from any thread. A server that does not answer is tried
// by one caller at a time and not without pauses; the others fail at once. Who
// was refused or cut off, but did not wait, keeps nobody away.
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
  // What lies between us and the server may forget a connection without a word:
  // what was idle for longer than `untested` is tested first.
  RedisPool(RedisAddress address, RedisLogin login, std::size_t most, Milliseconds untested = Seconds(30))
      : server_(std::move(address), std::move(login)), most_(most), untested_(untested) {}

  // What a call was admitted with.
  struct Turn {
    Deadline deadline;
    bool fair;           // there was time enough to blame the server
    bool trial = false;  // the server was failing, and this call finds out whether it still is
  };

  // A connection for one call. It goes back if it is still usable.
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
  // Whether callers are kept away now, all but one at times.
  bool failing() { return state_.lock()->backoff.failing(); }

 private:
  struct Idle {
    std::unique_ptr<RedisConnection> connection;
    std::chrono::steady_clock::time_point since;
  };
  struct State {
    std::vector<Idle> idle;
    std::size_t open = 0;  // idle, leased, or being made
    bool trying = false;   // a trial is under way
    Backoff backoff;
  };

  // An idle connection; or none, and a new one is to be made.
  Idle take(Turn& turn);
  bool healthy(const Idle& idle, Deadline deadline) const;
  void take_back(const Turn& turn, std::unique_ptr<RedisConnection> connection, bool used);
  // The call has lost its connection, or got none; `problem` if the server is to blame.
  void lost(const Turn& turn, const std::optional<std::string>& problem);
  void drop_idle();

  RedisServer server_;
  const std::size_t most_;
  const Milliseconds untested_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
