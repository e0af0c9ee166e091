// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/memory_store.h"

#include <algorithm>
#include <limits>

namespace mailreeve {

namespace {

// How many entries are looked at under one lock.
constexpr std::size_t kStep = 1000;
// How many give way to one new tuple where max-tuples has become smaller.
constexpr std::size_t kMostAtOnce = 100;

const QuotaState& state_of(const EndingMap<QuotaState>& users, const std::string& user) {
  static const QuotaState kNothing;
  const QuotaState* const state = users.find(user);
  return state == nullptr ? kNothing : *state;
}

// Among those of its kind.
bool put_memo(EndingMap<Memo>& memos, const Memo& memo, IfKnown known, TimePoint now) {
  const Memo* const there = memos.find(memo.key);
  if (there != nullptr && !takes_place(memo, there->until, known, now)) return false;
  // Before it goes in: whatever its end is, it is not the one to give way.
  if (there == nullptr && memos.size() >= kMostMemos) memos.erase_first();
  memos.update(memo.key, [&](Memo& value) { value = memo; });
  return true;
}

}  // namespace

Passage MemoryStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline /*deadline*/) {
  return tables_.lock()->approach(what, rules, now);
}

void MemoryStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                                TimePoint now, Deadline /*deadline*/) {
  auto tables = tables_.lock();
  for (const auto& client : clients) tables->count_passage(client, rules, now);
}

QuotaAnswer MemoryStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                TimePoint now, Deadline /*deadline*/) {
  auto users = users_.lock();
  const QuotaStep step = quota_charge(state_of(*users, user), rules, recipients, now);
  if (step.change)
    users->update(user, [&](QuotaState& state) {
      std::erase_if(state.parts, [now](const QuotaPart& part) { return part.expires <= now; });
      apply(state, *step.change);
    });
  return step.answer;
}

void MemoryStore::refund(const std::string& user, const Receipt& receipt, Deadline /*deadline*/) {
  auto users = users_.lock();
  const QuotaChange change = quota_refund(state_of(*users, user), receipt);
  if (!change.empty()) users->update(user, [&](QuotaState& state) { apply(state, change); });
}

bool MemoryStore::claim_notice(const std::string& user, TimePoint /*now*/, const NoticePeriod& period,
                               Deadline /*deadline*/) {
  auto users = users_.lock();
  if (!is_new(state_of(*users, user).exceeded, period)) return false;
  users->update(user, [&](QuotaState& state) { state.exceeded = period.until; });
  return true;
}

std::optional<std::string> MemoryStore::recall(const std::string& kind, const std::string& key, TimePoint now,
                                               Deadline /*deadline*/) {
  const auto memos = memos_.lock();
  const auto of_kind = memos->find(kind);
  const Memo* const memo = of_kind == memos->end() ? nullptr : of_kind->second.find(key);
  if (memo == nullptr || memo->until <= now) return std::nullopt;
  return memo->value;
}

std::size_t MemoryStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                  Deadline /*deadline*/) {
  auto kinds = memos_.lock();
  std::size_t written = 0;
  for (const Memo& memo : memos) written += put_memo((*kinds)[memo.kind], memo, known, now) ? 1 : 0;
  return written;
}

QuotaState MemoryStore::reset(const std::string& user, Deadline /*deadline*/) {
  return users_.lock()->erase(user);
}

QuotaState MemoryStore::sent(const std::string& user, TimePoint /*now*/, Deadline /*deadline*/) {
  return state_of(*users_.lock(), user);
}

// The place is the last client, user or memo before it, behind a letter for which it is.
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
    users_.lock()->walk(last, most - out.size(), [&](const std::string& user, const QuotaState& state) {
      out.emplace_back(SentEntry{.user = user, .state = state});
    });
    if (out.empty()) {
      table = 'm';
      last.clear();
    }
  }
  if (table == 'm' && out.size() < most) {
    // The name of the last one, see name_of().
    auto [kind, key] = kind_and_key(last).value_or(std::pair<std::string, std::string>());
    const auto kinds = memos_.lock();
    for (auto next = kinds->lower_bound(kind); next != kinds->end() && out.size() < most; ++next) {
      if (next->first != kind) key.clear();
      next->second.walk(key, most - out.size(), [&](const std::string& /*key*/, const Memo& memo) {
        out.emplace_back(memo);
        last = name_of(memo);
      });
    }
  }
  place.assign(1, table).append(last);
  return out;
}

std::vector<StateEntry> MemoryStore::of_client(const std::string& client, Deadline /*deadline*/) {
  return tables_.lock()->of_client(client);
}

void MemoryStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  for (const auto& entry : entries) {
    if (const auto* tuple = std::get_if<TupleEntry>(&entry)) tables_.lock()->merge(*tuple);
    if (const auto* client = std::get_if<ClientEntry>(&entry)) tables_.lock()->merge(*client);
    if (const auto* sent = std::get_if<SentEntry>(&entry))
      users_.lock()->update(sent->user, [sent](QuotaState& state) { state = merged(state, sent->state); });
    if (const auto* memo = std::get_if<Memo>(&entry)) remember({memo, 1}, IfKnown::Renewed, now, deadline);
  }
}

std::size_t MemoryStore::forget_client(const std::string& client, Deadline /*deadline*/) {
  return tables_.lock()->forget(client);
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
  if (client->second.trust) trust_ends_.erase(client->second.over);
  clients_.erase(client);
  return count;
}

std::size_t MemoryStore::purge_memos(TimePoint now, std::size_t most) {
  const auto kinds = memos_.lock();
  std::size_t purged = 0;
  for (auto& [kind, memos] : *kinds) purged += memos.purge(now, most - purged);
  return purged;
}

std::size_t MemoryStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  std::size_t purged = users_.lock()->purge(now, std::min(kStep, most));
  purged += purge_memos(now, std::min(kStep, most - purged));
  while (purged < most) {
    const std::size_t wanted = std::min(kStep, most - purged);
    const std::size_t got = tables_.lock()->purge(now, rules, wanted);
    purged += got;
    if (got < wanted) break;
  }
  return purged;
}

void MemoryStore::flush(Deadline /*deadline*/) {}

StateSize MemoryStore::size(TimePoint now) {
  StateSize sum = tables_.lock()->size(now);
  sum.users = users_.lock()->count(now);
  return sum;
}

std::optional<ClientState> MemoryStore::Tables::trust_of(const std::string& name) const {
  const auto client = clients_.find(name);
  return client == clients_.end() ? std::nullopt : client->second.trust;
}

Passage MemoryStore::Tables::approach(const Approach& what, const GreylistRules& rules, TimePoint now) {
  auto client = clients_.find(what.client);
  const Names names(what.sender, what.recipient);
  Remembered known;
  known.client_lapses = what.lapses;
  if (client != clients_.end()) {
    known.client = client->second.trust;
    const auto found = client->second.tuples.find(names);
    if (found != client->second.tuples.end()) known.tuple = found->second.state;
  }
  if (!what.voucher.empty()) known.voucher = trust_of(what.voucher);
  const GreylistStep step = greylist_step(known, rules, now);
  // Only of what is there already.
  if (step.client) put(client, *step.client);
  if (step.voucher) put(clients_.find(what.voucher), *step.voucher);
  if (!step.tuple) return step.passage;
  // It may be a client's only tuple that gives way.
  if (!known.tuple) make_room(rules.max_tuples - 1, rules, kMostAtOnce);
  put(clients_.try_emplace(what.client).first, names, *step.tuple, rules.max_pending);
  return step.passage;
}

void MemoryStore::Tables::count_passage(const std::string& name, const GreylistRules& rules, TimePoint now) {
  const auto client = clients_.try_emplace(name).first;
  put(client, with_passage(client->second.trust, rules, now));
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
  if (!fresh) ends_of(tuple.state).erase(tuple.over);
  if (was_pending) entry.pending.erase(tuple.since);
  tuple.state = state;
  tuple.over = enter(ends_of(state), state.expires, Entry{.client = &name, .names = &place->first});
  if (state.passed) return;
  tuple.since = Moment(state.first, tuple.over.second);
  entry.pending.emplace(tuple.since, &place->first);
}

void MemoryStore::Tables::put(ClientPlace client, const ClientState& state) {
  auto& [name, entry] = *client;
  if (entry.trust) trust_ends_.erase(entry.over);
  entry.trust = state;
  entry.over = enter(trust_ends_, state.expires, Entry{.client = &name, .names = nullptr});
}

void MemoryStore::Tables::make_room(ClientPlace client, unsigned max_pending) {
  auto& pending = client->second.pending;
  const std::size_t rest = std::max(max_pending, 1U) - 1;
  while (pending.size() > rest) erase(client, *pending.begin()->second);
}

// Until there are no more than `limit`.
std::size_t MemoryStore::Tables::make_room(std::size_t limit, const GreylistRules& rules, std::size_t most) {
  const GivingWay wanted = give_way(pending_ends_.size(), passed_ends_.size(), limit, rules);
  const std::size_t pending = std::min(wanted.pending, most);
  const std::size_t passed = std::min(wanted.passed, most - pending);
  for (std::size_t i = 0; i < pending; ++i) erase_first(pending_ends_);
  for (std::size_t i = 0; i < passed; ++i) erase_first(passed_ends_);
  return pending + passed;
}

void MemoryStore::Tables::erase(ClientPlace client, const Names& names) {
  auto& entry = client->second;
  const auto place = entry.tuples.find(names);
  const Tuple& tuple = place->second;
  ends_of(tuple.state).erase(tuple.over);
  if (!tuple.state.passed) entry.pending.erase(tuple.since);
  entry.tuples.erase(place);
}

void MemoryStore::Tables::erase_first(Ends& ends) {
  const Entry first = ends.begin()->second;
  const auto client = clients_.find(*first.client);
  if (first.names) {
    erase(client, *first.names);
  } else {
    client->second.trust.reset();
    ends.erase(ends.begin());
  }
  if (!client->second.trust && client->second.tuples.empty()) clients_.erase(client);
}

MemoryStore::Moment MemoryStore::Tables::enter(Ends& ends, TimePoint end, Entry entry) {
  const Moment moment(end, ++serial_);
  ends.emplace(moment, entry);
  return moment;
}

std::size_t MemoryStore::Tables::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  std::size_t purged = 0;
  for (Ends* ends : {&pending_ends_, &passed_ends_, &trust_ends_})
    for (; purged < most && !ends->empty() && ends->begin()->first.first <= now; ++purged) erase_first(*ends);
  return purged + make_room(rules.max_tuples, rules, most - purged);
}

StateSize MemoryStore::Tables::size(TimePoint now) const {
  const auto alive = [now](const Ends& ends) {
    constexpr auto kLast = std::numeric_limits<std::uint64_t>::max();
    const auto over = std::distance(ends.begin(), ends.upper_bound(Moment(now, kLast)));
    return ends.size() - static_cast<std::size_t>(over);
  };
  return {.pending = alive(pending_ends_), .passed = alive(passed_ends_), .clients = alive(trust_ends_)};
}

}  // namespace mailreeve
