// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/remote_store.h"

namespace mailreeve {

namespace {

const std::string kName = "state";

}  // namespace

RemoteStore::RemoteStore(std::unique_ptr<StateStore> remote, std::unique_ptr<StateStore> local,
                         const Settings& settings, const Clock& clock, Log& log)
    : remote_(std::move(remote), kName, log, settings.doubt),
      local_(std::move(local)),
      cache_(settings.cache_ttl) {
  if (!local_) return;
  const auto bring = [this, &clock](std::span<const StateEntry> entries, Deadline deadline) {
    remote_.put(entries, clock.now(), deadline);
  };
  const auto failing = [this] { return remote_.failures() > 0; };
  courier_ = std::make_unique<Courier>(*local_, bring, failing, settings.pause);
}

void RemoteStore::use_local(bool greylist, bool quota) {
  local_greylist_ = local_ && greylist;
  local_quota_ = local_ && quota;
}

template <class Call>
auto RemoteStore::anywhere(bool local_allowed, Call call) {
  if (!local_allowed) return call(remote_);
  try {
    return call(remote_);
  } catch (const BackendError&) {
    return call(*local_);
  }
}

Passage RemoteStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline deadline) {
  if (const auto known = cache_.find(what, rules)) return *known;
  try {
    const Passage passage = remote_.approach(what, rules, now, deadline);
    cache_.remember(what, rules, passage);
    return passage;
  } catch (const BackendError&) {
    if (!local_greylist_) throw;
    return courier_->approach(what, rules, now, deadline);
  }
}

void RemoteStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                                TimePoint now, Deadline deadline) {
  try {
    remote_.count_passage(clients, rules, now, deadline);
  } catch (const BackendError&) {
    if (!local_greylist_) throw;
    courier_->count_passage(clients, rules, now, deadline);
  }
}

QuotaAnswer RemoteStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                TimePoint now, Deadline deadline) {
  const auto ask = [&](StateStore& store) {
    QuotaAnswer answer = store.charge(user, rules, recipients, now, deadline);
    if (answer.receipt) answer.receipt->local = &store == local_.get();
    return answer;
  };
  return anywhere(local_quota_, ask);
}

void RemoteStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  if (receipt.local) return local_->refund(user, receipt, deadline);
  remote_.refund(user, receipt, deadline);
}

bool RemoteStore::claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                               Deadline deadline) {
  const auto ask = [&](StateStore& store) { return store.claim_notice(user, now, period, deadline); };
  return anywhere(local_quota_, ask);
}

std::optional<std::string> RemoteStore::recall(const std::string& kind, const std::string& key, TimePoint now,
                                               Deadline deadline) {
  return anywhere(uses_local(), [&](StateStore& store) { return store.recall(kind, key, now, deadline); });
}

std::size_t RemoteStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                  Deadline deadline) {
  return anywhere(uses_local(),
                  [&](StateStore& store) { return store.remember(memos, known, now, deadline); });
}

std::size_t RemoteStore::forget_client(const std::string& client, Deadline deadline) {
  cache_.forget();
  return remote_.forget_client(client, deadline);
}

std::size_t RemoteStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  const std::size_t here = local_ ? local_->purge(now, rules, most) : 0;
  if (here == most) return most;
  return here + remote_.purge(now, rules, most - here);
}

void RemoteStore::flush(Deadline deadline) {
  if (local_) local_->flush(deadline);
  remote_.flush(deadline);
}

}  // namespace mailreeve
