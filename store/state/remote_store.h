// SPDX-License-Identifier: BSD-2-Clause
// A StateStore on the network, for use by mail. Calls that fail go to a store of this
// host, if configured. What greylisting learns there is transferred to the network when
// that has recovered; what users sent stays in the store where it was counted. The inner
// store, which knows its servers, keeps mail from waiting each time for a server that
// does not answer.
#ifndef MAILREEVE_STORE_STATE_REMOTE_STORE_H
#define MAILREEVE_STORE_STATE_REMOTE_STORE_H

#include <atomic>
#include <memory>
#include <string>

#include "core/log.h"
#include "store/state/courier.h"
#include "store/state/forwarding_store.h"
#include "store/state/passage_cache.h"
#include "store/state/watched_store.h"

namespace mailreeve {

class RemoteStore final : public ForwardingStore {
 public:
  struct Settings {
    Milliseconds cache_ttl{0};  // of passages; 0: no cache
    Milliseconds doubt{3000};   // it has recovered when it stores, and has not failed for this long
    Milliseconds pause{3000};   // before a failed transfer is retried
  };

  // `local` may be null. Starts a thread: not before a fork().
  RemoteStore(std::unique_ptr<StateStore> remote, std::unique_ptr<StateStore> local, const Settings& settings,
              const Clock& clock, Log& log);

  bool has_local() const { return local_ != nullptr; }
  // Whether calls of each kind go to the local store while the other fails; memos do if either does.
  void use_local(bool greylist, bool quota);
  // Calls that failed since it last stored something; 0: it works.
  std::int64_t failures() const { return remote_.failures(); }
  // Greylisting decisions of the local store that have not been transferred yet.
  std::size_t learned() const { return courier_ ? courier_->learned() : 0; }

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                     Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) override;
  std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                    Deadline deadline) override;
  std::size_t remember(std::span<const Memo> memos, IfKnown known, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) override;
  void flush(Deadline deadline) override;

 private:
  // Calls without an override go to the network.
  void around(Kind /*kind*/, std::optional<Deadline> /*deadline*/, const Work& work) override {
    work(remote_);
  }
  bool uses_local() const { return local_greylist_ || local_quota_; }
  template <class Call>
  auto anywhere(bool local_allowed, Call call);

  WatchedStore remote_;
  const std::unique_ptr<StateStore> local_;
  PassageCache cache_;
  std::atomic<bool> local_greylist_{false};
  std::atomic<bool> local_quota_{false};
  // Last: its thread uses the others.
  std::unique_ptr<Courier> courier_;
};

}  // namespace mailreeve

#endif
