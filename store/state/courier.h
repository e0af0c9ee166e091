// SPDX-License-Identifier: BSD-2-Clause
// Greylisting with a store of this host while the one on the network fails, and the
// thread that transfers there what was learned meanwhile. Entries that cannot be
// transferred stay and are retried later; mail does not notice. Safe to call from any
// thread.
#ifndef MAILREEVE_STORE_STATE_COURIER_H
#define MAILREEVE_STORE_STATE_COURIER_H

#include <atomic>
#include <condition_variable>
#include <functional>
#include <set>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/state_store.h"
#include "util/guarded.h"

namespace mailreeve {

class Courier {
 public:
  // Transfers entries to the store on the network. Throws BackendError.
  using Bring = std::function<void(std::span<const StateEntry>, Deadline)>;

  // `failing`: whether the store on the network is failing for mail. `pause`: between two
  // rounds while something is left. Starts a thread, which begins with entries of an earlier
  // run of the daemon: not before a fork().
  Courier(StateStore& local, Bring bring, std::function<bool()> failing, Milliseconds pause);
  // Waits for the transfer in progress.
  ~Courier();
  Courier(const Courier&) = delete;
  Courier& operator=(const Courier&) = delete;

  // Uses the store of this host. The transfer of what it learns begins at once, whether
  // or not other mail finds that the store on the network has recovered.
  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now, Deadline deadline);
  void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                     Deadline deadline);
  // Decisions that have not been transferred yet.
  std::size_t learned() const { return learned_; }

 private:
  using Entries = std::vector<StateEntry>;
  class Learning;
  class Forgetting;
  struct State {
    bool wanted = true;
    bool closed = false;
    std::multiset<std::string> learning;  // clients, one for each decision in progress
    std::string forgetting;               // a client; empty: none
  };

  void work();
  bool wait_for_work();
  void rest();
  bool bring_all();
  bool bring(const std::string& client);
  bool put(const Entries& entries);
  bool forget(const std::string& client, const Entries& brought);
  bool closed() const { return state_.lock()->closed; }

  StateStore& local_;
  const Bring bring_;
  const std::function<bool()> failing_;
  const Milliseconds pause_;
  std::atomic<std::size_t> learned_{0};
  mutable Guarded<State> state_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
