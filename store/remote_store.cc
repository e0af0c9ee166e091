// SPDX-License-Identifier: BSD-2-Clause
#include "store/remote_store.h"

namespace mailreeve {

namespace {

// What a call without a deadline waits for at most.
constexpr Milliseconds kLongest{5000};
// Who had less time than this cannot blame the store.
constexpr Milliseconds kFair{20};
const std::string kName = "state";

// What a result says of the store.
constexpr auto kAnswered = [](const auto&) { return false; };

bool has_written(const Passage& passage) {
  return passage.kind == Passage::Kind::New || passage.kind == Passage::Kind::Passed;
}

}  // namespace

RemoteStore::RemoteStore(std::unique_ptr<StateStore> remote, std::unique_ptr<StateStore> local,
                         const Settings& settings, const Clock& clock, Log& log)
    : remote_(std::move(remote)),
      local_(std::move(local)),
      log_(log),
      outage_(settings.doubt),
      cache_(settings.cache_ttl) {
  if (!local_) return;
  const auto bring = [this, &clock](std::span<const StateEntry> entries, Deadline deadline) {
    this->bring(entries, clock.now(), deadline);
  };
  courier_ = std::make_unique<Courier>(*local_, bring, outage_, settings.pause);
}

void RemoteStore::use_local(bool greylist, bool quota) {
  local_greylist_ = local_ && greylist;
  local_quota_ = local_ && quota;
}

// A call that was under way when the store failed says nothing about it now.
template <class Call, class Stored>
auto RemoteStore::remotely(Deadline deadline, Call call, Stored stored) {
  const bool was_out = outage_.told();
  const bool fair = deadline.left() >= kFair;
  try {
    auto result = call(*remote_);
    if (was_out && stored(result)) succeeded();
    return result;
  } catch (const BackendError& error) {
    if (fair) failed(error.what());
    throw;
  }
}

template <class Call, class Stored>
auto RemoteStore::anywhere(bool local_allowed, Deadline deadline, Call call, Stored stored) {
  if (!local_allowed) return remotely(deadline, call, stored);
  try {
    return remotely(deadline, call, stored);
  } catch (const BackendError&) {
    return call(*local_);
  }
}

void RemoteStore::failed(const std::string& why) {
  if (outage_.failed()) log_.write(Event::BackendFailed, {{"backend", kName}, {"error", why}});
}

void RemoteStore::succeeded() {
  const std::int64_t tell = outage_.stored();
  if (tell > 0) log_.write(Event::BackendRecovered, {{"backend", kName}, {"failures", tell}});
}

// For the courier: that it fails is no news to mail, that it does not may be.
void RemoteStore::bring(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  const bool was_out = outage_.told();
  remote_->put(entries, now, deadline);
  if (was_out) succeeded();
}

Passage RemoteStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline deadline) {
  if (const auto known = cache_.find(what, rules)) return *known;
  const auto ask = [&](StateStore& store) { return store.approach(what, rules, now, deadline); };
  try {
    const Passage passage = remotely(deadline, ask, has_written);
    cache_.remember(what, rules, passage);
    return passage;
  } catch (const BackendError&) {
    if (!local_greylist_) throw;
    return courier_->approach(what, rules, now, deadline);
  }
}

QuotaAnswer RemoteStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                TimePoint now, Deadline deadline) {
  const auto ask = [&](StateStore& store) {
    QuotaAnswer answer = store.charge(user, rules, recipients, now, deadline);
    if (answer.receipt) answer.receipt->local = &store == local_.get();
    return answer;
  };
  return anywhere(local_quota_, deadline, ask,
                  [](const QuotaAnswer& answer) { return answer.receipt.has_value(); });
}

void RemoteStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  if (receipt.local) return local_->refund(user, receipt, deadline);
  const auto give_back = [&](StateStore& store) {
    store.refund(user, receipt, deadline);
    return true;
  };
  remotely(deadline, give_back, kAnswered);
}

bool RemoteStore::first_notice(const std::string& user, Notice notice, TimePoint now,
                               const NoticePeriod& period, Deadline deadline) {
  const auto ask = [&](StateStore& store) { return store.first_notice(user, notice, now, period, deadline); };
  return anywhere(local_quota_, deadline, ask, [](bool first) { return first; });
}

QuotaState RemoteStore::reset(const std::string& user, Deadline deadline) {
  return remotely(
      deadline, [&](StateStore& store) { return store.reset(user, deadline); }, kAnswered);
}

QuotaState RemoteStore::sent(const std::string& user, TimePoint now, Deadline deadline) {
  return remotely(
      deadline, [&](StateStore& store) { return store.sent(user, now, deadline); }, kAnswered);
}

std::vector<StateEntry> RemoteStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return remotely(
      deadline, [&](StateStore& store) { return store.list(place, most, deadline); }, kAnswered);
}

std::vector<StateEntry> RemoteStore::of_client(const std::string& client, Deadline deadline) {
  return remotely(
      deadline, [&](StateStore& store) { return store.of_client(client, deadline); }, kAnswered);
}

void RemoteStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  const auto take = [&](StateStore& store) {
    store.put(entries, now, deadline);
    return !entries.empty();
  };
  remotely(deadline, take, [](bool some) { return some; });
}

std::size_t RemoteStore::forget_client(const std::string& client, Deadline deadline) {
  cache_.forget();
  return remotely(
      deadline, [&](StateStore& store) { return store.forget_client(client, deadline); }, kAnswered);
}

std::size_t RemoteStore::purge(TimePoint now, std::size_t most) {
  const std::size_t here = local_ ? local_->purge(now, most) : 0;
  if (here == most) return most;
  return here +
         remotely(
             Deadline(kLongest), [&](StateStore& store) { return store.purge(now, most - here); }, kAnswered);
}

void RemoteStore::flush(Deadline deadline) {
  if (local_) local_->flush(deadline);
  const auto finish = [&](StateStore& store) {
    store.flush(deadline);
    return true;
  };
  remotely(deadline, finish, kAnswered);
}

StateSize RemoteStore::size(TimePoint now) {
  return remotely(
      Deadline(kLongest), [&](StateStore& store) { return store.size(now); }, kAnswered);
}

}  // namespace mailreeve
