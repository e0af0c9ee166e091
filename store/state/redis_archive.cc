// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_archive.h"

#include <algorithm>
#include <charconv>
#include <iterator>
#include <optional>
#include <tuple>
#include <utility>

#include "store/state/redis_scripts.h"
#include "store/state/redis_values.h"
#include "store/state/redis_walk_bound.h"

namespace mailreeve {

namespace {

// Behind the last server.
constexpr const char* kEnd = "end";
constexpr std::size_t kHashPart = 1000;

// What is over already needs an end all the same.
std::string life_of(Milliseconds life) {
  return std::to_string((std::max(life, Milliseconds(0)) + kExpiryMargin).count());
}

std::int64_t number_of(std::string_view text) {
  std::int64_t number = 0;
  std::from_chars(text.data(), text.data() + text.size(), number);
  return number;
}

QuotaState only(const QuotaPart& part) {
  QuotaState state;
  state.parts.push_back(part);
  return state;
}

// What can be read of a client.
std::vector<StateEntry> entries_of_client(const std::string& client, const RedisReply& fields,
                                          TupleNames names) {
  std::vector<StateEntry> out;
  for (std::size_t i = 0; i + 1 < fields.elements.size(); i += 2) {
    const std::string& field = fields.elements[i].text;
    const std::string& value = fields.elements[i + 1].text;
    if (field == kPendingField) continue;
    if (field == kTrustField) {
      if (const auto state = client_of(value))
        out.emplace_back(ClientEntry{.client = client, .state = *state});
      continue;
    }
    // A digest may look like names.
    if (names == TupleNames::Hashed) continue;
    auto both = names_of_field(field);
    const auto state = tuple_of(value);
    if (both && state)
      out.emplace_back(TupleEntry{.client = client,
                                  .sender = std::move(both->first),
                                  .recipient = std::move(both->second),
                                  .state = *state});
  }
  return out;
}

}  // namespace

// A place is "SERVER CURSOR LEFT", where LEFT is that of RedisWalkBound; without it, the walk over
// this server begins. Other keys and other servers may lie in between: each question has its own
// time.
std::vector<StateEntry> RedisArchive::list(std::string& place, std::size_t most, Deadline deadline) {
  const Milliseconds each = deadline.left();
  const std::size_t count = std::max<std::size_t>(most, 1);
  std::vector<StateEntry> out;
  while (out.empty() && place != kEnd) {
    deadline = Deadline(each);
    const auto servers = client_.routes().masters(deadline);
    const auto blank = place.find(' ');
    auto server = std::find_if(servers.begin(), servers.end(), [&](const auto& one) {
      return place.empty() || to_string(one->address()) == place.substr(0, blank);
    });
    if (server == servers.end()) throw BackendError("Redis has changed its master, begin again");
    const std::string address = to_string((*server)->address());
    const auto ask = [&](const RedisCommand& command) {
      return (*server)->lease(deadline)->command(command, deadline);
    };
    const bool begins = blank == std::string::npos;
    const auto last = place.rfind(' ');
    const std::string cursor = begins ? "0" : place.substr(blank + 1, last - blank - 1);
    RedisWalkBound bound =
        begins ? RedisWalkBound(ask({"DBSIZE"})) : RedisWalkBound(number_of(place.substr(last + 1)));
    const RedisReply step = ask(scan_command(kAllHashes, cursor, count));
    if (step.elements.size() != 2) throw BackendError(describe(step, (*server)->address()));
    for (const auto& key : step.elements[1].elements) append(out, key.text, Deadline(each));
    const std::string& next = step.elements[0].text;
    if (next == "0") {
      place = ++server == servers.end() ? kEnd : to_string((*server)->address());
    } else {
      bound.step(count, address);
      place = address;
      place.append(" ").append(next).append(" ").append(std::to_string(bound.left()));
    }
  }
  return out;
}

void RedisArchive::append(std::vector<StateEntry>& out, const std::string& key, Deadline deadline) {
  const auto name = name_of_key(key);
  if (!name) return;
  if (key.starts_with(kUserKeys)) {
    const QuotaState state = user_of(client_.command(key, {"HGETALL", key}, deadline));
    out.emplace_back(SentEntry{.user = *name, .state = state});
    return;
  }
  if (key.starts_with(kMemoKeys)) {
    // A digest is no name.
    if (names_ == TupleNames::Hashed) return;
    auto memo = memo_of(client_.command(key, {"HGETALL", key}, deadline));
    auto names = kind_and_key(*name);
    if (!memo || !names) return;
    std::tie(memo->kind, memo->key) = std::move(*names);
    out.emplace_back(std::move(*memo));
    return;
  }
  const Milliseconds each = deadline.left();
  std::string cursor = "0";
  std::optional<RedisWalkBound> bound;
  for (;;) {
    const RedisReply part =
        client_.command(key, {"HSCAN", key, cursor, "COUNT", std::to_string(kHashPart)}, Deadline(each));
    if (part.elements.size() != 2) refuse_value();
    cursor = part.elements[0].text;
    auto entries = entries_of_client(*name, part.elements[1], names_);
    std::move(entries.begin(), entries.end(), std::back_inserter(out));
    if (cursor == "0") return;
    if (!bound) bound.emplace(client_.command(key, {"HLEN", key}, Deadline(each)));
    bound->step(kHashPart, key);
  }
}

std::vector<StateEntry> RedisArchive::of_client(const std::string& client, Deadline deadline) {
  std::vector<StateEntry> out;
  append(out, client_keys(client).front(), deadline);
  return out;
}

std::size_t RedisArchive::forget_client(const std::string& client, Deadline deadline) {
  return static_cast<std::size_t>(
      client_.run(redis_scripts().forget_client, client_keys(client), {}, deadline).integer);
}

void RedisArchive::put(const StateEntry& entry, TimePoint now, Deadline deadline) {
  if (const auto* tuple = std::get_if<TupleEntry>(&entry)) {
    const TupleState& state = tuple->state;
    const Approach what{.client = tuple->client, .sender = tuple->sender, .recipient = tuple->recipient};
    replace(
        client_keys(tuple->client), tuple_field(what, names_), to_value(state), state.expires - now,
        [&](const std::string& there) {
          const auto seen = tuple_of(there);
          return to_value(seen ? merged(*seen, state) : state);
        },
        deadline);
  } else if (const auto* client = std::get_if<ClientEntry>(&entry)) {
    const ClientState& state = client->state;
    replace(
        client_keys(client->client), kTrustField, to_value(state), state.expires - now,
        [&](const std::string& there) {
          const auto seen = client_of(there);
          return to_value(seen ? merged(*seen, state) : state);
        },
        deadline);
  } else if (const auto* user = std::get_if<SentEntry>(&entry)) {
    put_user(*user, now, deadline);
  } else if (const auto* memo = std::get_if<Memo>(&entry)) {
    client_.run(redis_scripts().remember, {memo_key(memo->kind, memo->key, names_)},
                remember_arguments(*memo, IfKnown::Renewed, now), deadline);
  }
}

// What merged() does to a user, field by field. Each has its own time: hundreds may go
// over a slow link.
void RedisArchive::put_user(const SentEntry& entry, TimePoint now, Deadline deadline) {
  const Milliseconds each = deadline.left();
  const std::vector<std::string> keys{user_key(entry.user)};
  const Milliseconds life = expiry(entry.state) - now;
  for (const auto& part : entry.state.parts) {
    const std::string field = part_field(part);
    replace(
        keys, field, to_value(part), life,
        [&](const std::string& there) {
          const auto seen = part_of(field, there);
          return to_value(seen ? merged(only(*seen), only(part)).parts.front() : part);
        },
        Deadline(each));
  }
  const auto put_time = [&](const char* field, const std::optional<TimePoint>& when, auto choose) {
    if (!when) return;
    replace(
        keys, field, to_value(*when), life,
        [&](const std::string& there) { return to_value(choose(time_of(there).value_or(*when), *when)); },
        Deadline(each));
  };
  const auto earlier = [](TimePoint a, TimePoint b) { return std::min(a, b); };
  const auto later = [](TimePoint a, TimePoint b) { return std::max(a, b); };
  put_time(kSinceField, entry.state.since, earlier);
  put_time(kLastField, entry.state.last, later);
  put_time(kNoticeField, entry.state.exceeded, later);
}

// Mostly there is nothing, and one round trip will do.
void RedisArchive::replace(const std::vector<std::string>& keys, const std::string& field,
                           const std::string& value, Milliseconds life, const Merge& merge,
                           Deadline deadline) {
  std::string seen;
  std::string wanted = value;
  for (;;) {
    const RedisReply there =
        client_.run(redis_scripts().replace, keys, {field, seen, wanted, life_of(life)}, deadline);
    if (there.is(RedisReply::Type::Nil)) return;
    seen = there.text;
    wanted = seen.empty() ? value : merge(seen);
    if (wanted == seen) return;
  }
}

}  // namespace mailreeve
