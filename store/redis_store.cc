// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis_store.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "store/redis_cluster.h"
#include "store/redis_sentinel.h"

namespace mailreeve {

namespace {

// Keys live so much longer than what is in them: the clocks of our hosts may
// differ, and the servers' expiry only tidies up.
constexpr Milliseconds kMargin{3600 * 1000};

constexpr const char* kLastField = "l";
const char* field_of(Notice notice) { return notice == Notice::Exceeded ? "x" : "u"; }

std::string text(std::int64_t number) { return std::to_string(number); }
std::string text(Seconds span) { return text(span.count()); }
std::string text(Milliseconds span) { return text(span.count()); }
std::string text(TimePoint when) { return text(to_millis(when)); }

std::string client_key(const Approach& what) { return std::string(kClientKeys) + hash_tag(what.client); }
std::string order_key(const Approach& what) { return std::string(kOrderKeys) + hash_tag(what.client); }
std::string user_key(const std::string& user) { return std::string(kUserKeys) + hash_tag(user); }
std::string part_field(const QuotaPart& part) { return text(part.window) + ":" + text(part.begin); }

[[noreturn]] void unexpected() { throw BackendError("Redis holds or answers what mailreeve did not write"); }

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

// In the order that approach.lua expects.
std::vector<std::string> approach_arguments(const std::string& field, const GreylistRules& rules, bool counts,
                                            TimePoint now) {
  return {field,
          text(now),
          counts ? "1" : "0",
          text(rules.delay),
          text(rules.retry_window),
          text(Milliseconds(rules.keep)),
          text(now + rules.keep + rules.keep / 32),
          text(static_cast<std::int64_t>(rules.early_retry)),
          text(rules.reset_below),
          text(rules.penalty),
          text(rules.max_delay),
          text(std::int64_t{rules.trust_after}),
          text(std::int64_t{std::max(rules.max_pending, 1U)}),
          text(kMargin)};
}

Passage passage_of(const RedisReply& reply) {
  if (reply.elements.size() != 4) unexpected();
  const auto number = [&](std::size_t index) { return reply.elements[index].integer; };
  if (number(0) < 0 || number(0) > static_cast<std::int64_t>(Passage::Kind::Trusted)) unexpected();
  return {.kind = static_cast<Passage::Kind>(number(0)),
          .waited = Seconds(number(1)),
          .remaining = Seconds(number(2)),
          .early = static_cast<unsigned>(number(3))};
}

// The numbers that a text holds, separated by `separator`.
template <std::size_t Count>
std::array<std::int64_t, Count> numbers_of(std::string_view words, char separator) {
  std::array<std::int64_t, Count> out{};
  const char* place = words.data();
  const char* const end = place + words.size();
  for (std::size_t i = 0; i < Count; ++i) {
    const auto [rest, error] = std::from_chars(place, end, out.at(i));
    const bool last = i + 1 == Count;
    if (error != std::errc() || (last ? rest != end : rest == end || *rest != separator)) unexpected();
    place = rest + 1;
  }
  return out;
}

TimePoint time_of(const std::string& words) { return from_millis(numbers_of<1>(words, ' ')[0]); }

QuotaPart part_of(const std::string& field, const std::string& value) {
  const auto [window, begin] = numbers_of<2>(field, ':');
  const auto [recipients, messages, expires] = numbers_of<3>(value, ' ');
  return {.window = Seconds(window),
          .begin = from_millis(begin),
          .recipients = recipients,
          .messages = messages,
          .expires = from_millis(expires)};
}

// Of a user's hash, as HGETALL answers it.
QuotaState state_of(const RedisReply& reply) {
  QuotaState out;
  const auto& words = reply.elements;
  if (!reply.is(RedisReply::Type::Array) || words.size() % 2 != 0) unexpected();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& field = words[i].text;
    const std::string& value = words[i + 1].text;
    if (field == kLastField)
      out.last = time_of(value);
    else if (field == field_of(Notice::Exceeded))
      out.exceeded = time_of(value);
    else if (field == field_of(Notice::Unauthorized))
      out.unauthorized = time_of(value);
    else
      out.parts.push_back(part_of(field, value));
  }
  return out;
}

// What a charge adds to: it does not depend on what is there.
std::vector<QuotaPart> parts_to_charge(QuotaRules rules, std::int64_t recipients, TimePoint now) {
  if (recipients == 0) return {};
  rules.count_refused = true;
  return quota_charge({}, rules, recipients, now).change->add;
}

// In the order that charge.lua expects.
std::vector<std::string> charge_arguments(const QuotaRules& rules, std::int64_t recipients, TimePoint now) {
  const auto parts = parts_to_charge(rules, recipients, now);
  TimePoint expires = now + kRememberLast;
  for (const auto& part : parts) expires = std::max(expires, part.expires);
  std::vector<std::string> out{text(now),
                               text(recipients),
                               rules.count_refused ? "1" : "0",
                               text(Milliseconds(rules.min_interval)),
                               text(expires - now + kMargin),
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
    : client_(routes_of(url, options), options.timeout), sweep_(client_), names_(options.names) {}

Passage RedisStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                             Deadline deadline) {
  return passage_of(client_.run(redis_scripts().approach, {client_key(what), order_key(what)},
                                approach_arguments(tuple_field(what, names_), rules, what.counts, now),
                                deadline));
}

// The script decides whether the message is charged; by what else the answer
// says, nothing is stored.
QuotaAnswer RedisStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                               TimePoint now, Deadline deadline) {
  const RedisReply before = client_.run(redis_scripts().charge, {user_key(user)},
                                        charge_arguments(rules, recipients, now), deadline);
  QuotaStep step = quota_charge(state_of(before), rules, recipients, now);
  if (step.answer.first_notice)
    step.answer.first_notice = first_notice(user, Notice::Exceeded, now, *step.change->exceeded, deadline);
  return step.answer;
}

void RedisStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  std::vector<std::string> arguments{text(receipt.when), receipt.last ? text(*receipt.last) : ""};
  for (const auto& part : receipt.parts)
    arguments.insert(arguments.end(), {part_field(part), text(part.recipients), text(part.messages)});
  client_.run(redis_scripts().refund, {user_key(user)}, arguments, deadline);
}

bool RedisStore::first_notice(const std::string& user, Notice notice, TimePoint now, TimePoint until,
                              Deadline deadline) {
  const RedisReply reply =
      client_.run(redis_scripts().first_notice, {user_key(user)},
                  {field_of(notice), text(now), text(until), text(until - now + kMargin)}, deadline);
  return reply.integer == 1;
}

QuotaState RedisStore::reset(const std::string& user, Deadline deadline) {
  return state_of(client_.run(redis_scripts().reset, {user_key(user)}, {}, deadline));
}

QuotaState RedisStore::sent(const std::string& user, TimePoint /*now*/, Deadline deadline) {
  const std::string key = user_key(user);
  return state_of(client_.command(key, {"HGETALL", key}, deadline));
}

// TODO(lead): these come with store/redis_archive.
std::vector<StateEntry> RedisStore::list(std::string&, std::size_t, Deadline) { return {}; }
std::vector<StateEntry> RedisStore::of_client(const std::string&, Deadline) { return {}; }
void RedisStore::put(std::span<const StateEntry>, TimePoint, Deadline) {}
std::size_t RedisStore::forget_client(const std::string&, Deadline) { return 0; }

std::size_t RedisStore::purge(TimePoint now, std::size_t most) { return sweep_.purge(now, most); }

void RedisStore::flush(Deadline /*deadline*/) {}

StateSize RedisStore::size(TimePoint now) { return sweep_.size(now); }

}  // namespace mailreeve
