// SPDX-License-Identifier: BSD-2-Clause
// A StateStore that logs when the one inside stops answering and when it has
// recovered: once each for each kind of call, not for every call. It has recovered when
// it has stored something: a store that is locked or full still answers queries.
#ifndef MAILREEVE_STORE_STATE_WATCHED_STORE_H
#define MAILREEVE_STORE_STATE_WATCHED_STORE_H

#include <cstdint>
#include <memory>
#include <string>

#include "core/log.h"
#include "store/outage.h"
#include "store/state/forwarding_store.h"

namespace mailreeve {

class WatchedStore final : public ForwardingStore {
 public:
  // `name` is its name in the log; `doubt`: see Outage.
  WatchedStore(std::unique_ptr<StateStore> inner, const std::string& name, Log& log,
               Milliseconds doubt = Milliseconds(0))
      : inner_(std::move(inner)),
        greylist_(name, "greylist", log, doubt),
        quota_(name, "quota", log, doubt),
        memos_(name, "memos", log, doubt),
        upkeep_(name, "upkeep", log, doubt) {}

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) override;
  std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                    Deadline deadline) override;
  std::size_t remember(std::span<const Memo> memos, IfKnown known, TimePoint now, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  // No mail depends on these calls: their failure is not reported, their success may be.
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;

  // Calls that failed since one of their kind worked.
  std::int64_t failures() const {
    return greylist_.failures() + quota_.failures() + memos_.failures() + upkeep_.failures();
  }

 private:
  void around(Kind kind, std::optional<Deadline> deadline, const Work& work) override;

  const std::unique_ptr<StateStore> inner_;
  Outage greylist_;
  Outage quota_;
  Outage memos_;
  Outage upkeep_;
};

}  // namespace mailreeve

#endif
