// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/watched_store.h"

namespace mailreeve {

namespace {

// What a call without a deadline of its own has.
constexpr Milliseconds kLongest{5000};
constexpr auto kReads = Outage::Part::First;
constexpr auto kWrites = Outage::Part::Second;

constexpr auto kAlways = [](const auto&) { return true; };

bool has_written(const Passage& passage) {
  return passage.kind == Passage::Kind::New || passage.kind == Passage::Kind::Passed;
}

}  // namespace

template <class Call>
auto WatchedStore::tend(Deadline deadline, Call call) {
  return upkeep_.watch(kWrites, deadline, call, kAlways);
}

Passage WatchedStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                               Deadline deadline) {
  return greylist_.watch(
      kWrites, deadline, [&] { return inner_->approach(what, rules, now, deadline); }, has_written);
}

void WatchedStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                                 TimePoint now, Deadline deadline) {
  const auto count = [&] {
    inner_->count_passage(clients, rules, now, deadline);
    return true;
  };
  greylist_.watch(kWrites, deadline, count, kAlways);
}

QuotaAnswer WatchedStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                 TimePoint now, Deadline deadline) {
  const bool asks = recipients == 0;
  return quota_.watch(
      asks ? kReads : kWrites, deadline,
      [&] { return inner_->charge(user, rules, recipients, now, deadline); },
      [asks](const QuotaAnswer& answer) { return asks || answer.receipt; });
}

void WatchedStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  const auto give_back = [&] {
    inner_->refund(user, receipt, deadline);
    return true;
  };
  // There may have been nothing to write.
  quota_.watch(kWrites, deadline, give_back, [](bool) { return false; });
}

bool WatchedStore::first_notice(const std::string& user, Notice notice, TimePoint now,
                                const NoticePeriod& period, Deadline deadline) {
  return quota_.watch(
      kWrites, deadline, [&] { return inner_->first_notice(user, notice, now, period, deadline); },
      [](bool first) { return first; });
}

QuotaState WatchedStore::reset(const std::string& user, Deadline deadline) {
  return tend(deadline, [&] { return inner_->reset(user, deadline); });
}

QuotaState WatchedStore::sent(const std::string& user, TimePoint now, Deadline deadline) {
  return quota_.watch(
      kReads, deadline, [&] { return inner_->sent(user, now, deadline); }, kAlways);
}

std::vector<StateEntry> WatchedStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return tend(deadline, [&] { return inner_->list(place, most, deadline); });
}

std::vector<StateEntry> WatchedStore::of_client(const std::string& client, Deadline deadline) {
  return tend(deadline, [&] { return inner_->of_client(client, deadline); });
}

void WatchedStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  const bool was_out = greylist_.told();
  inner_->put(entries, now, deadline);
  if (was_out && !entries.empty()) greylist_.worked(kWrites);
}

std::size_t WatchedStore::forget_client(const std::string& client, Deadline deadline) {
  return tend(deadline, [&] { return inner_->forget_client(client, deadline); });
}

std::size_t WatchedStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  return tend(Deadline(kLongest), [&] { return inner_->purge(now, rules, most); });
}

void WatchedStore::flush(Deadline deadline) {
  tend(deadline, [&] {
    inner_->flush(deadline);
    return true;
  });
}

StateSize WatchedStore::size(TimePoint now) {
  return tend(Deadline(kLongest), [&] { return inner_->size(now); });
}

}  // namespace mailreeve
