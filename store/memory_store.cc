// SPDX-License-Identifier: BSD-2-Clause
#include "store/memory_store.h"

#include <algorithm>
#include <limits>

namespace mailreeve {

namespace {

// How many entries are looked at under one lock.
constexpr std::size_t kStep = 1000;

}  // namespace

Passage MemoryStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline /*deadline*/) {
  return tables_.lock()->approach(what, rules, now);
}

QuotaAnswer MemoryStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                TimePoint now, Deadline /*deadline*/) {
  auto users = users_.lock();
  const QuotaStep step = quota_charge(users->find(user), rules, recipients, now);
  if (step.change)
    users->update(user, [&](QuotaState& state) {
      std::erase_if(state.parts, [now](const QuotaPart& part) { return part.expires <= now; });
      apply(state, *step.change);
    });
  return step.answer;
}

void MemoryStore::refund(const std::string& user, const Receipt& receipt, Deadline /*deadline*/) {
  auto users = users_.lock();
  const QuotaChange change = quota_refund(users->find(user), receipt);
  if (!change.empty()) users->update(user, [&](QuotaState& state) { apply(state, change); });
}

bool MemoryStore::first_notice(const std::string& user, Notice notice, TimePoint /*now*/,
                               const NoticePeriod& period, Deadline /*deadline*/) {
  auto users = users_.lock();
  if (!is_new(noticed(users->find(user), notice), period)) return false;
  users->update(user, [&](QuotaState& state) { noticed(state, notice) = period.until; });
  return true;
}

QuotaState MemoryStore::reset(const std::string& user, Deadline /*deadline*/) {
  return users_.lock()->erase(user);
}

QuotaState MemoryStore::sent(const std::string& user, TimePoint /*now*/, Deadline /*deadline*/) {
  return users_.lock()->find(user);
}

const QuotaState& MemoryStore::Users::find(const std::string& user) const {
  static const QuotaState kNothing;
  const auto place = users_.find(user);
  return place == users_.end() ? kNothing : place->second.state;
}

template <class Change>
void MemoryStore::Users::update(const std::string& user, Change change) {
  const auto [place, fresh] = users_.try_emplace(user);
  if (!fresh) ends_.erase(place->second.end);
  change(place->second.state);
  place->second.end = ends_.emplace(expiry(place->second.state), &place->first);
}

QuotaState MemoryStore::Users::erase(const std::string& user) {
  const auto place = users_.find(user);
  if (place == users_.end()) return {};
  QuotaState out = std::move(place->second.state);
  ends_.erase(place->second.end);
  users_.erase(place);
  return out;
}

std::size_t MemoryStore::Users::purge(TimePoint now, std::size_t most) {
  std::size_t purged = 0;
  while (purged < most && !ends_.empty() && ends_.begin()->first <= now) {
    const std::string user = *ends_.begin()->second;
    erase(user);
    ++purged;
  }
  return purged;
}

std::size_t MemoryStore::Users::count(TimePoint now) const {
  return static_cast<std::size_t>(std::distance(ends_.upper_bound(now), ends_.end()));
}

// The place is the last client or user before it, behind a letter for which it is.
std::vector<StateEntry> MemoryStore::list(std::string& place, std::size_t most, Deadline /*deadline*/) {
  char table = place.empty() ? 'c' : place.front();
  std::string last = place.empty() ? "" : place.substr(1);
  std::vector<StateEntry> out;
  while (table == 'c' && out.size() < most) {
    const auto entries = tables_.lock()->next_client(last);
    out.insert(out.end(), entries.begin(), entries.end());
    if (!entries.empty()) continue;
    table = 'u';
    last.clear();
  }
  if (table == 'u' && out.size() < most) {
    const auto entries = users_.lock()->list(last, most - out.size());
    out.insert(out.end(), entries.begin(), entries.end());
  }
  place.assign(1, table).append(last);
  return out;
}

std::vector<StateEntry> MemoryStore::of_client(const std::string& client, Deadline /*deadline*/) {
  return tables_.lock()->of_client(client);
}

void MemoryStore::put(std::span<const StateEntry> entries, TimePoint /*now*/, Deadline /*deadline*/) {
  for (const auto& entry : entries) {
    if (const auto* tuple = std::get_if<TupleEntry>(&entry)) tables_.lock()->merge(*tuple);
    if (const auto* client = std::get_if<ClientEntry>(&entry)) tables_.lock()->merge(*client);
    if (const auto* sent = std::get_if<SentEntry>(&entry))
      users_.lock()->update(sent->user, [sent](QuotaState& state) { state = merged(state, sent->state); });
  }
}

std::size_t MemoryStore::forget_client(const std::string& client, Deadline /*deadline*/) {
  return tables_.lock()->forget(client);
}

std::vector<StateEntry> MemoryStore::Users::list(std::string& place, std::size_t most) const {
  std::vector<StateEntry> out;
  for (auto user = users_.upper_bound(place); user != users_.end() && out.size() < most; ++user) {
    place = user->first;
    out.emplace_back(SentEntry{.user = user->first, .state = user->second.state});
  }
  return out;
}

std::vector<StateEntry> MemoryStore::Tables::next_client(std::string& place) const {
  const auto client = clients_.upper_bound(place);
  if (client == clients_.end()) return {};
  place = client->first;
  return of_client(place);
}

std::vector<StateEntry> MemoryStore::Tables::of_client(const std::string& name) const {
  std::vector<StateEntry> out;
  const auto client = clients_.find(name);
  if (client == clients_.end()) return out;
  if (client->second.trust) out.emplace_back(ClientEntry{.client = name, .state = *client->second.trust});
  for (const auto& [names, tuple] : client->second.tuples)
    out.emplace_back(
        TupleEntry{.client = name, .sender = names.first, .recipient = names.second, .state = tuple.state});
  return out;
}

void MemoryStore::Tables::merge(const TupleEntry& entry) {
  const auto client = clients_.try_emplace(entry.client).first;
  const Names names(entry.sender, entry.recipient);
  const auto old = client->second.tuples.find(names);
  const TupleState state =
      old == client->second.tuples.end() ? entry.state : merged(old->second.state, entry.state);
  put(client, names, state, std::numeric_limits<unsigned>::max());
}

void MemoryStore::Tables::merge(const ClientEntry& entry) {
  const auto client = clients_.try_emplace(entry.client).first;
  const auto& old = client->second.trust;
  put(client, old ? merged(*old, entry.state) : entry.state);
}

std::size_t MemoryStore::Tables::forget(const std::string& name) {
  const auto client = clients_.find(name);
  if (client == clients_.end()) return 0;
  const std::size_t count = of_client(name).size();
  while (!client->second.tuples.empty()) erase(client, Names(client->second.tuples.begin()->first));
  if (client->second.trust) ends_.erase(client->second.over);
  clients_.erase(client);
  return count;
}

std::size_t MemoryStore::purge(TimePoint now, std::size_t most) {
  std::size_t purged = users_.lock()->purge(now, std::min(kStep, most));
  while (purged < most) {
    const std::size_t wanted = std::min(kStep, most - purged);
    const std::size_t got = tables_.lock()->purge(now, wanted);
    purged += got;
    if (got < wanted) break;
  }
  return purged;
}

void MemoryStore::flush(Deadline /*deadline*/) {}

StateSize MemoryStore::size(TimePoint now) {
  StateSize sum;
  sum.users = users_.lock()->count(now);
  Moment from(now, std::numeric_limits<std::uint64_t>::max());
  while (tables_.lock()->count(from, kStep, sum)) continue;
  return sum;
}

Passage MemoryStore::Tables::approach(const Approach& what, const GreylistRules& rules, TimePoint now) {
  auto client = clients_.find(what.client);
  const Names names(what.sender, what.recipient);
  std::optional<TupleState> tuple;
  std::optional<ClientState> trust;
  if (client != clients_.end()) {
    trust = client->second.trust;
    const auto found = client->second.tuples.find(names);
    if (found != client->second.tuples.end()) tuple = found->second.state;
  }
  const GreylistStep step = greylist_step(tuple, trust, rules, what.counts, now);
  if (!step.tuple && !step.client) return step.passage;
  if (client == clients_.end()) client = clients_.try_emplace(what.client).first;
  if (step.tuple) put(client, names, *step.tuple, rules.max_pending);
  if (step.client) put(client, *step.client);
  return step.passage;
}

void MemoryStore::Tables::put(ClientPlace client, const Names& names, const TupleState& state,
                              unsigned max_pending) {
  auto& [name, entry] = *client;
  const auto old = entry.tuples.find(names);
  const bool was_pending = old != entry.tuples.end() && !old->second.state.passed;
  // Before it goes in: whatever its time is, it is not the one to give way.
  if (!state.passed && !was_pending) make_room(client, max_pending);

  const auto [place, fresh] = entry.tuples.try_emplace(names);
  Tuple& tuple = place->second;
  if (!fresh) ends_.erase(tuple.over);
  if (was_pending) entry.pending.erase(tuple.since);
  tuple.state = state;
  tuple.over = enter(state.expires, Entry{.client = &name, .names = &place->first});
  if (state.passed) return;
  tuple.since = Moment(state.first, tuple.over.second);
  entry.pending.emplace(tuple.since, &place->first);
}

void MemoryStore::Tables::put(ClientPlace client, const ClientState& state) {
  auto& [name, entry] = *client;
  if (entry.trust) ends_.erase(entry.over);
  entry.trust = state;
  entry.over = enter(state.expires, Entry{.client = &name, .names = nullptr});
}

void MemoryStore::Tables::make_room(ClientPlace client, unsigned max_pending) {
  auto& pending = client->second.pending;
  const std::size_t rest = std::max(max_pending, 1U) - 1;
  while (pending.size() > rest) erase(client, *pending.begin()->second);
}

void MemoryStore::Tables::erase(ClientPlace client, const Names& names) {
  auto& entry = client->second;
  const auto place = entry.tuples.find(names);
  ends_.erase(place->second.over);
  if (!place->second.state.passed) entry.pending.erase(place->second.since);
  entry.tuples.erase(place);
}

void MemoryStore::Tables::erase_oldest_entry() {
  const Entry oldest = ends_.begin()->second;
  const auto client = clients_.find(*oldest.client);
  if (oldest.names) {
    erase(client, *oldest.names);
  } else {
    client->second.trust.reset();
    ends_.erase(ends_.begin());
  }
  if (!client->second.trust && client->second.tuples.empty()) clients_.erase(client);
}

MemoryStore::Moment MemoryStore::Tables::enter(TimePoint end, Entry entry) {
  const Moment moment(end, ++serial_);
  ends_.emplace(moment, entry);
  return moment;
}

std::size_t MemoryStore::Tables::purge(TimePoint now, std::size_t most) {
  std::size_t purged = 0;
  while (purged < most && !ends_.empty() && ends_.begin()->first.first <= now) {
    erase_oldest_entry();
    ++purged;
  }
  return purged;
}

bool MemoryStore::Tables::count(Moment& from, std::size_t most, StateSize& sum) const {
  auto place = ends_.upper_bound(from);
  for (; most > 0 && place != ends_.end(); --most, ++place) {
    const auto& [moment, entry] = *place;
    from = moment;
    if (!entry.names) {
      ++sum.clients;
      continue;
    }
    const Tuple& tuple = clients_.find(*entry.client)->second.tuples.find(*entry.names)->second;
    ++(tuple.state.passed ? sum.passed : sum.pending);
  }
  return place != ends_.end();
}

}  // namespace mailreeve
