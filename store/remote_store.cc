// SPDX-License-Identifier: BSD-2-Clause
#include "store/remote_store.h"

#include <set>

#include "core/signals_blocked.h"

namespace mailreeve {

namespace {

// Entries that are brought over at a time, and how long that may take.
constexpr std::size_t kPage = 200;
constexpr Milliseconds kPageTime{5000};
// Who had less time than this cannot blame the store.
constexpr Milliseconds kFair{20};
const std::string kName = "state";

// What a result says of the store.
constexpr auto kAnswered = [](const auto&) { return false; };

bool has_written(const Passage& passage) {
  return passage.kind == Passage::Kind::New || passage.kind == Passage::Kind::Passed;
}

bool is_greylisting(const StateEntry& entry) { return !std::holds_alternative<SentEntry>(entry); }

const std::string& client_of(const StateEntry& entry) {
  if (const auto* client = std::get_if<ClientEntry>(&entry)) return client->client;
  return std::get<TupleEntry>(entry).client;
}

}  // namespace

RemoteStore::RemoteStore(std::unique_ptr<StateStore> remote, std::unique_ptr<StateStore> local,
                         const Settings& settings, const Clock& clock, Log& log)
    : remote_(std::move(remote)),
      local_(std::move(local)),
      clock_(clock),
      log_(log),
      wait_(settings.wait),
      breaker_(settings.pause),
      cache_(settings.cache_ttl) {
  if (local_) thread_ = std::thread([this] { bring_over(); });
}

RemoteStore::~RemoteStore() {
  if (!thread_.joinable()) return;
  work_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
}

void RemoteStore::use_local(bool greylist, bool quota) {
  local_greylist_ = local_ && greylist;
  local_quota_ = local_ && quota;
}

// A call that was under way when the store failed says nothing about it now.
template <class Call, class Stored>
auto RemoteStore::remotely(Deadline deadline, Call call, Stored stored) {
  const bool troubled = breaker_.troubled();
  if (const auto why = breaker_.open()) throw BackendError(*why);
  const bool fair = deadline.left() >= kFair;
  const Deadline quick(wait_);
  try {
    auto result = call(*remote_);
    if (troubled) answered(stored(result));
    return result;
  } catch (const BackendError& error) {
    if (fair) failed(error.what(), quick);
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

void RemoteStore::failed(const std::string& why, Deadline quick) {
  if (breaker_.failed(why, quick.passed()))
    log_.write(Event::BackendFailed, {{"backend", kName}, {"error", why}});
}

void RemoteStore::answered(bool stored) {
  if (!stored) return breaker_.answered();
  const auto [first, tell] = breaker_.succeeded();
  if (tell > 0) log_.write(Event::BackendRecovered, {{"backend", kName}, {"failures", tell}});
  if (!first || !local_) return;
  work_.lock()->wanted = true;
  changed_.notify_one();
}

Passage RemoteStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline deadline) {
  if (const auto known = cache_.find(what, rules)) return *known;
  bool local = false;
  const auto ask = [&](StateStore& store) {
    local = &store == local_.get();
    return store.approach(what, rules, now, deadline);
  };
  const Passage passage = anywhere(local_greylist_, deadline, ask, has_written);
  if (local) {
    ++learned_;
  } else {
    cache_.remember(what, rules, passage);
  }
  return passage;
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

bool RemoteStore::first_notice(const std::string& user, Notice notice, TimePoint now, TimePoint until,
                               Deadline deadline) {
  const auto ask = [&](StateStore& store) { return store.first_notice(user, notice, now, until, deadline); };
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
  return here + remotely(
                    Deadline(kPageTime), [&](StateStore& store) { return store.purge(now, most - here); },
                    kAnswered);
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
      Deadline(kPageTime), [&](StateStore& store) { return store.size(now); }, kAnswered);
}

void RemoteStore::bring_over() {
  const SignalsBlocked no_signals;
  for (;;) {
    {
      auto work = work_.lock();
      work.wait(changed_, [](const Work& now) { return now.wanted || now.closed; });
      if (work->closed) return;
      work->wanted = false;
    }
    try {
      while (!work_.lock()->closed && bring_page()) continue;
    } catch (const BackendError&) {
      // It will be wanted again when the store is back.
    }
  }
}

// False when nothing is left. What is learned meanwhile comes with a later page, or the
// next time.
bool RemoteStore::bring_page() {
  std::string place;
  std::set<std::string> clients;
  while (clients.empty()) {
    const auto page = local_->list(place, kPage, Deadline(kPageTime));
    if (page.empty()) break;
    for (const auto& entry : page)
      if (is_greylisting(entry)) clients.insert(client_of(entry));
  }
  for (const auto& client : clients) {
    const auto entries = local_->of_client(client, Deadline(kPageTime));
    put(entries, clock_.now(), Deadline(kPageTime));
    local_->forget_client(client, Deadline(kPageTime));
  }
  if (clients.empty()) learned_ = 0;
  return !clients.empty();
}

}  // namespace mailreeve
