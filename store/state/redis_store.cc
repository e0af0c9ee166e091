// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_store.h"

#include <algorithm>

#include "store/redis/cluster.h"
#include "store/redis/sentinel.h"
#include "store/state/redis_scripts.h"
#include "store/state/redis_values.h"

namespace mailreeve {

namespace {

std::string text(std::int64_t number) { return std::to_string(number); }
std::string text(Seconds span) { return text(span.count()); }
std::string text(Milliseconds span) { return text(span.count()); }
std::string text(TimePoint when) { return text(to_millis(when)); }

RedisLogin login_of(const RedisUrl& url, const RedisOptions& options) {
  RedisLogin login;
  login.user = url.user;
  login.password_file = url.password_file;
  login.database = url.database;
  if (url.tls) login.trust = std::make_shared<TlsTrust>(options.ca_file);
  return login;
}

std::unique_ptr<RedisRoutes> routes_of(const RedisUrl& url, const RedisOptions& options) {
  const RedisLogin login = login_of(url, options);
  switch (url.kind) {
    case RedisUrl::Kind::Sentinel:
      return std::make_unique<SentinelRedis>(url.servers, url.master, login, options.connections);
    case RedisUrl::Kind::Cluster:
      return std::make_unique<ClusterRedis>(url.servers, login, options.connections);
    case RedisUrl::Kind::Single:
      break;
  }
  return std::make_unique<SingleRedis>(
      std::make_shared<RedisPool>(url.servers.front(), login, options.connections));
}

std::string renewed(const GreylistRules& rules, TimePoint now) {
  return text(now + rules.keep + rules.keep / 32);
}

// In the order that approach.lua expects.
std::vector<std::string> approach_arguments(const Approach& what, TupleNames names,
                                            const GreylistRules& rules, TimePoint now) {
  return {tuple_field(what, names),
          text(now),
          text(rules.delay),
          text(Milliseconds(rules.retry_window)),
          text(Milliseconds(rules.keep)),
          renewed(rules, now),
          text(static_cast<std::int64_t>(rules.early_retry)),
          text(rules.reset_below),
          text(rules.penalty),
          text(rules.max_delay),
          text(std::int64_t{rules.trust_after}),
          text(std::int64_t{std::max(rules.max_pending, 1U)}),
          text(kExpiryMargin),
          text(Milliseconds(kSameTry)),
          what.lapses ? "1" : "0"};
}

Passage passage_of(const RedisReply& reply) {
  if (reply.elements.size() != 4) refuse_value();
  const auto number = [&](std::size_t index) { return reply.elements[index].integer; };
  if (number(0) < 0 || number(0) > static_cast<std::int64_t>(Passage::Kind::Trusted)) refuse_value();
  return {.kind = static_cast<Passage::Kind>(number(0)),
          .waited = Seconds(number(1)),
          .remaining = Seconds(number(2)),
          .early = static_cast<unsigned>(number(3))};
}

// In the order that charge.lua expects.
std::vector<std::string> charge_arguments(const QuotaRules& rules, std::int64_t recipients, TimePoint now) {
  const auto parts = recipients == 0 ? std::vector<QuotaPart>() : parts_for(rules, recipients, now);
  TimePoint expires = now + kRememberLast;
  for (const auto& part : parts) expires = std::max(expires, part.expires);
  std::vector<std::string> out{text(now),
                               text(recipients),
                               rules.count_refused ? "1" : "0",
                               text(Milliseconds(rules.min_interval)),
                               text(expires - now + kExpiryMargin),
                               text(static_cast<std::int64_t>(rules.limits.size()))};
  for (const auto& limit : rules.limits) {
    const bool of_recipients = limit.unit == Unit::Recipients;
    out.insert(out.end(),
               {text(limit.window), of_recipients ? "r" : "m", text(limit.most),
                text(limit.most + rules.margin.of(limit.most)),
                text(of_recipients ? std::max<std::int64_t>(recipients, 1) : 1), text(rules.day_begin)});
  }
  for (const auto& part : parts) out.insert(out.end(), {part_field(part), text(part.expires)});
  return out;
}

}  // namespace

RedisStore::RedisStore(const RedisUrl& url, const RedisOptions& options)
    : client_(routes_of(url, options), options.timeout),
      sweep_(client_),
      archive_(client_, options.names),
      names_(options.names) {}

Passage RedisStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                             Deadline deadline) {
  std::vector<std::string> keys = client_keys(what.client);
  const bool both = !what.voucher.empty() && client_.routes().keeps_together();
  if (both) keys.push_back(client_key(what.voucher));
  const Passage passage = passage_of(
      client_.run(redis_scripts().approach, keys, approach_arguments(what, names_, rules, now), deadline));
  if (both || what.voucher.empty() || rules.trust_after == 0 || !passage.must_wait()) return passage;
  return trusts(what.voucher, rules, now, deadline) ? Passage{.kind = Passage::Kind::Trusted} : passage;
}

bool RedisStore::trusts(const std::string& client, const GreylistRules& rules, TimePoint now,
                        Deadline deadline) {
  const RedisReply reply =
      client_.run(redis_scripts().trusted, {client_key(client)},
                  {text(now), text(std::int64_t{rules.trust_after}), text(Milliseconds(rules.keep)),
                   renewed(rules, now), text(kExpiryMargin)},
                  deadline);
  return reply.integer == 1;
}

void RedisStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                               TimePoint now, Deadline deadline) {
  const std::vector<std::string> arguments{text(now), text(std::int64_t{rules.trust_after}),
                                           renewed(rules, now), text(kExpiryMargin)};
  std::vector<std::string> keys;
  for (const auto& client : clients) keys.push_back(client_key(client));
  if (client_.routes().keeps_together()) {
    client_.run(redis_scripts().count_passage, keys, arguments, deadline);
    return;
  }
  for (const auto& key : keys) client_.run(redis_scripts().count_passage, {key}, arguments, deadline);
}

// The script decides whether the message is charged; what else the answer says
// follows from what was there before.
QuotaAnswer RedisStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                               TimePoint now, Deadline deadline) {
  const RedisReply before = client_.run(redis_scripts().charge, {user_key(user)},
                                        charge_arguments(rules, recipients, now), deadline);
  return quota_charge(user_of(before), rules, recipients, now).answer;
}

void RedisStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  std::vector<std::string> arguments{text(receipt.since), text(receipt.when),
                                     receipt.last ? text(*receipt.last) : ""};
  for (const auto& part : receipt.parts)
    arguments.insert(arguments.end(), {part_field(part), text(part.recipients), text(part.messages)});
  client_.run(redis_scripts().refund, {user_key(user)}, arguments, deadline);
}

bool RedisStore::claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                              Deadline deadline) {
  const RedisReply reply = client_.run(redis_scripts().claim_notice, {user_key(user)},
                                       {kNoticeField, text(period.until), text(period.after),
                                        text(period.latest), text(period.until - now + kExpiryMargin)},
                                       deadline);
  return reply.integer == 1;
}

std::optional<std::string> RedisStore::recall(const std::string& kind, const std::string& name, TimePoint now,
                                              Deadline deadline) {
  const std::string key = memo_key(kind, name, names_);
  auto memo = memo_of(client_.command(key, {"HGETALL", key}, deadline));
  if (!memo || memo->until <= now) return std::nullopt;
  return std::move(memo->value);
}

std::size_t RedisStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                 Deadline deadline) {
  std::vector<RedisCall> calls;
  calls.reserve(memos.size());
  for (const Memo& memo : memos)
    calls.push_back({memo_key(memo.kind, memo.key, names_), remember_arguments(memo, known, now)});
  std::size_t written = 0;
  for (const auto& reply : client_.run_each(redis_scripts().remember, calls, deadline))
    written += reply.integer == 1 ? 1 : 0;
  return written;
}

QuotaState RedisStore::reset(const std::string& user, Deadline deadline) {
  return user_of(client_.run(redis_scripts().reset, {user_key(user)}, {}, deadline));
}

QuotaState RedisStore::sent(const std::string& user, TimePoint /*now*/, Deadline deadline) {
  const std::string key = user_key(user);
  return user_of(client_.command(key, {"HGETALL", key}, deadline));
}

std::vector<StateEntry> RedisStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return archive_.list(place, most, deadline);
}

std::vector<StateEntry> RedisStore::of_client(const std::string& client, Deadline deadline) {
  return archive_.of_client(client, deadline);
}

void RedisStore::put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) {
  for (const auto& entry : entries) archive_.put(entry, now, deadline);
}

std::size_t RedisStore::forget_client(const std::string& client, Deadline deadline) {
  return archive_.forget_client(client, deadline);
}

std::size_t RedisStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  return sweep_.purge(now, rules, most);
}

void RedisStore::flush(Deadline /*deadline*/) {}

StateSize RedisStore::size(TimePoint now) { return sweep_.size(now); }

}  // namespace mailreeve
