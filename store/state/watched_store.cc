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

// Archive calls and a reset are an admin's, whatever they are about.
void WatchedStore::around(Kind kind, std::optional<Deadline> deadline, const Work& work) {
  Outage& outage = kind == Kind::Greylist ? greylist_ : upkeep_;
  const auto call = [&] {
    work(*inner_);
    return true;
  };
  outage.watch(kWrites, deadline.value_or(Deadline(kLongest)), call, kAlways);
}

Passage WatchedStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                               Deadline deadline) {
  return greylist_.watch(
      kWrites, deadline, [&] { return inner_->approach(what, rules, now, deadline); }, has_written);
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

bool WatchedStore::claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                                Deadline deadline) {
  return quota_.watch(
      kWrites, deadline, [&] { return inner_->claim_notice(user, now, period, deadline); },
      [](bool first) { return first; });
}

std::optional<std::string> WatchedStore::recall(const std::string& kind, const std::string& key,
                                                TimePoint now, Deadline deadline) {
  return memos_.watch(
      kReads, deadline, [&] { return inner_->recall(kind, key, now, deadline); }, kAlways);
}

std::size_t WatchedStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                   Deadline deadline) {
  return memos_.watch(
      kWrites, deadline, [&] { return inner_->remember(memos, known, now, deadline); },
      [](std::size_t written) { return written > 0; });
}

QuotaState WatchedStore::sent(const std::string& user, TimePoint now, Deadline deadline) {
  return quota_.watch(
      kReads, deadline, [&] { return inner_->sent(user, now, deadline); }, kAlways);
}

void WatchedStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  const bool was_out = greylist_.told();
  inner_->put(entries, now, deadline);
  if (was_out && !entries.empty()) greylist_.note_success(kWrites);
}

}  // namespace mailreeve
