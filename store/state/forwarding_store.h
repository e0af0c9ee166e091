// SPDX-License-Identifier: BSD-2-Clause
// A StateStore in front of another: each call goes through around(), which chooses the store
// and adds behaviour. Stores in front of another one derive from this, and override the calls
// that they handle differently.
#ifndef MAILREEVE_STORE_STATE_FORWARDING_STORE_H
#define MAILREEVE_STORE_STATE_FORWARDING_STORE_H

#include <functional>
#include <optional>

#include "core/state_store.h"

namespace mailreeve {

class ForwardingStore : public StateStore {
 public:
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
  QuotaState reset(const std::string& user, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override;
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override;
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) override;
  void flush(Deadline deadline) override;
  StateSize size(TimePoint now) override;

 protected:
  // The interface that a call belongs to.
  enum class Kind { Greylist, Quota, Memo, Archive, Upkeep };
  using Work = std::function<void(StateStore& store)>;

  // Runs `work`, once, with the store that the call is for; exceptions of `work` go to the caller.
  // purge() and size() have no deadline.
  virtual void around(Kind kind, std::optional<Deadline> deadline, const Work& work) = 0;

 private:
  template <class Call>
  auto forward(Kind kind, std::optional<Deadline> deadline, Call call);
};

}  // namespace mailreeve

#endif
