// SPDX-License-Identifier: BSD-2-Clause
// A StateStore on the network as mail may use it. When it does not answer, mail waits
// for it once, not each time: one call in a second tries it again. Calls that fail do so
// at once, or, where the admin wants that, go to a store of this host. What greylisting
// learns there is brought to the network when that is back; what users sent stays in
// the store where it was counted. Tells the log once when it goes and when it is back.
#ifndef MAILREEVE_STORE_REMOTE_STORE_H
#define MAILREEVE_STORE_REMOTE_STORE_H

#include <atomic>
#include <condition_variable>
#include <memory>
#include <string>
#include <thread>

#include "core/backends.h"
#include "core/log.h"
#include "store/breaker.h"
#include "store/guarded.h"
#include "store/passage_cache.h"

namespace mailreeve {

class RemoteStore final : public StateStore {
 public:
  struct Settings {
    Milliseconds cache_ttl{0};  // of passages; 0: nothing is remembered
    Milliseconds pause{1000};   // between two tries of a store that lets us wait
    Milliseconds wait{50};      // a failure that took so long was a wait
  };

  // `local` may be null. Starts a thread: not before a fork().
  RemoteStore(std::unique_ptr<StateStore> remote, std::unique_ptr<StateStore> local, const Settings& settings,
              const Clock& clock, Log& log);
  ~RemoteStore() override;
  RemoteStore(const RemoteStore&) = delete;
  RemoteStore& operator=(const RemoteStore&) = delete;

  // Whether calls of each kind go to the local store while the other fails.
  void use_local(bool greylist, bool quota);
  // Calls that failed since the last good one; 0: it answers.
  std::int64_t failures() const { return breaker_.failures(); }
  // Greylisting decisions of the local store that have not been brought over.
  std::size_t learned() const { return learned_; }

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool first_notice(const std::string& user, Notice notice, TimePoint now, TimePoint until,
                    Deadline deadline) override;
  QuotaState reset(const std::string& user, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override;
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override;
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  std::size_t purge(TimePoint now, std::size_t most) override;
  void flush(Deadline deadline) override;
  StateSize size(TimePoint now) override;

 private:
  struct Work {
    bool wanted = true;  // what an earlier run of the daemon left
    bool closed = false;
  };

  // `stored` tells of a result whether it shows that the store takes what it is given.
  template <class Call, class Stored>
  auto remotely(Deadline deadline, Call call, Stored stored);
  template <class Call, class Stored>
  auto anywhere(bool local_allowed, Deadline deadline, Call call, Stored stored);
  void failed(const std::string& why, Deadline quick);
  void answered(bool stored);
  void bring_over();
  bool bring_page();

  const std::unique_ptr<StateStore> remote_;
  const std::unique_ptr<StateStore> local_;
  const Clock& clock_;
  Log& log_;
  const Milliseconds wait_;
  Breaker breaker_;
  PassageCache cache_;
  std::atomic<bool> local_greylist_{false};
  std::atomic<bool> local_quota_{false};
  std::atomic<std::size_t> learned_{0};
  Guarded<Work> work_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
