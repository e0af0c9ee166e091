// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/forwarding_store.h"

#include <type_traits>
#include <utility>

namespace mailreeve {

template <class Call>
auto ForwardingStore::forward(Kind kind, std::optional<Deadline> deadline, Call call) {
  using Result = std::invoke_result_t<Call, StateStore&>;
  if constexpr (std::is_void_v<Result>) {
    around(kind, deadline, std::ref(call));
  } else {
    std::optional<Result> result;
    const auto keep = [&](StateStore& store) { result = call(store); };
    around(kind, deadline, std::ref(keep));
    return std::move(result).value();
  }
}

Passage ForwardingStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                                  Deadline deadline) {
  return forward(Kind::Greylist, deadline,
                 [&](StateStore& store) { return store.approach(what, rules, now, deadline); });
}

void ForwardingStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                                    TimePoint now, Deadline deadline) {
  return forward(Kind::Greylist, deadline,
                 [&](StateStore& store) { return store.count_passage(clients, rules, now, deadline); });
}

QuotaAnswer ForwardingStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                    TimePoint now, Deadline deadline) {
  return forward(Kind::Quota, deadline,
                 [&](StateStore& store) { return store.charge(user, rules, recipients, now, deadline); });
}

void ForwardingStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  return forward(Kind::Quota, deadline,
                 [&](StateStore& store) { return store.refund(user, receipt, deadline); });
}

bool ForwardingStore::claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                                   Deadline deadline) {
  return forward(Kind::Quota, deadline,
                 [&](StateStore& store) { return store.claim_notice(user, now, period, deadline); });
}

std::optional<std::string> ForwardingStore::recall(const std::string& kind, const std::string& key,
                                                   TimePoint now, Deadline deadline) {
  return forward(Kind::Memo, deadline,
                 [&](StateStore& store) { return store.recall(kind, key, now, deadline); });
}

std::size_t ForwardingStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                      Deadline deadline) {
  return forward(Kind::Memo, deadline,
                 [&](StateStore& store) { return store.remember(memos, known, now, deadline); });
}

QuotaState ForwardingStore::reset(const std::string& user, Deadline deadline) {
  return forward(Kind::Quota, deadline, [&](StateStore& store) { return store.reset(user, deadline); });
}

QuotaState ForwardingStore::sent(const std::string& user, TimePoint now, Deadline deadline) {
  return forward(Kind::Quota, deadline, [&](StateStore& store) { return store.sent(user, now, deadline); });
}

std::vector<StateEntry> ForwardingStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return forward(Kind::Archive, deadline,
                 [&](StateStore& store) { return store.list(place, most, deadline); });
}

std::vector<StateEntry> ForwardingStore::of_client(const std::string& client, Deadline deadline) {
  return forward(Kind::Archive, deadline,
                 [&](StateStore& store) { return store.of_client(client, deadline); });
}

void ForwardingStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  return forward(Kind::Archive, deadline,
                 [&](StateStore& store) { return store.put(entries, now, deadline); });
}

std::size_t ForwardingStore::forget_client(const std::string& client, Deadline deadline) {
  return forward(Kind::Archive, deadline,
                 [&](StateStore& store) { return store.forget_client(client, deadline); });
}

std::size_t ForwardingStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  return forward(Kind::Upkeep, std::nullopt,
                 [&](StateStore& store) { return store.purge(now, rules, most); });
}

void ForwardingStore::flush(Deadline deadline) {
  return forward(Kind::Upkeep, deadline, [&](StateStore& store) { return store.flush(deadline); });
}

StateSize ForwardingStore::size(TimePoint now) {
  return forward(Kind::Upkeep, std::nullopt, [&](StateStore& store) { return store.size(now); });
}

}  // namespace mailreeve
