// SPDX-License-Identifier: BSD-2-Clause
#include "store/watched_store.h"

namespace mailreeve {

template <typename Call>
auto WatchedStore::watched(Call call) {
  try {
    return call();
  } catch (const BackendError& error) {
    if (failures_.fetch_add(1) == 0)
      log_.write(Event::BackendFailed, {{"backend", name_}, {"error", std::string_view(error.what())}});
    throw;
  }
}

void WatchedStore::recovered() {
  // Read before written: all threads share the line, and nearly always all is well.
  if (failures_.load(std::memory_order_relaxed) == 0) return;
  if (const auto failures = failures_.exchange(0); failures != 0)
    log_.write(Event::BackendRecovered, {{"backend", name_}, {"failures", failures}});
}

Passage WatchedStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                               Deadline deadline) {
  const Passage passage = watched([&] { return inner_->approach(what, rules, now, deadline); });
  // These two have been written; others may only have been read.
  if (passage.kind == Passage::Kind::New || passage.kind == Passage::Kind::Passed) recovered();
  return passage;
}

QuotaAnswer WatchedStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                 TimePoint now, Deadline deadline) {
  QuotaAnswer answer = watched([&] { return inner_->charge(user, rules, recipients, now, deadline); });
  if (answer.receipt) recovered();
  return answer;
}

void WatchedStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  watched([&] { inner_->refund(user, receipt, deadline); });
  recovered();
}

bool WatchedStore::first_notice(const std::string& user, Notice notice, TimePoint now,
                                const NoticePeriod& period, Deadline deadline) {
  return watched([&] { return inner_->first_notice(user, notice, now, period, deadline); });
}

QuotaState WatchedStore::reset(const std::string& user, Deadline deadline) {
  return watched([&] { return inner_->reset(user, deadline); });
}

QuotaState WatchedStore::sent(const std::string& user, TimePoint now, Deadline deadline) {
  return watched([&] { return inner_->sent(user, now, deadline); });
}

std::vector<StateEntry> WatchedStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return watched([&] { return inner_->list(place, most, deadline); });
}

std::vector<StateEntry> WatchedStore::of_client(const std::string& client, Deadline deadline) {
  return watched([&] { return inner_->of_client(client, deadline); });
}

void WatchedStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  watched([&] { inner_->put(entries, now, deadline); });
}

std::size_t WatchedStore::forget_client(const std::string& client, Deadline deadline) {
  return watched([&] { return inner_->forget_client(client, deadline); });
}

std::size_t WatchedStore::purge(TimePoint now, std::size_t most) {
  const std::size_t purged = watched([&] { return inner_->purge(now, most); });
  if (purged > 0) recovered();
  return purged;
}

void WatchedStore::flush(Deadline deadline) {
  watched([&] { inner_->flush(deadline); });
}

StateSize WatchedStore::size(TimePoint now) {
  return watched([&] { return inner_->size(now); });
}

}  // namespace mailreeve
