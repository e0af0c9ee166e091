// SPDX-License-Identifier: BSD-2-Clause
// The state store as it is: who has passed greylisting, who waits, who has sent.
#include <algorithm>
#include <span>

#include "admin/allowance.h"
#include "admin/commands.h"
#include "policies/greylist_key.h"
#include "setup/state.h"

namespace mailreeve {

namespace {

constexpr std::size_t kPage = 500;
constexpr std::size_t kShown = 100;
// Of those that go over a network one by one, in one call's time.
constexpr std::size_t kSlice = 50;

JsonValue json_of(const TupleEntry& tuple, TimePoint now) {
  const bool over = tuple.state.expires <= now;
  return {{"client", tuple.client},
          {"sender", tuple.sender},
          {"recipient", tuple.recipient},
          {"state", over                 ? "over"
                    : tuple.state.passed ? "passed"
                                         : "waits"},
          {"first", json_time(tuple.state.first)},
          {"early", tuple.state.early},
          {"expires", json_time(tuple.state.expires)}};
}

JsonValue json_of(const ClientEntry& client, unsigned trust_after, TimePoint now) {
  const bool over = client.state.expires <= now;
  const bool trusted = !over && trust_after > 0 && client.state.passes >= trust_after;
  return {{"client", client.client},
          {"passes", client.state.passes},
          {"trusted", trusted},
          {"expires", json_time(client.state.expires)}};
}

// What is used, in the form of limits.
JsonValue used_of(const QuotaState& state, TimePoint now) {
  JsonValue out = JsonValue::array();
  for (const auto& [window, sum] : sums_of(state, now)) {
    if (sum.recipients > 0)
      out.push_back(to_string(Limit{.most = sum.recipients, .unit = Unit::Recipients, .window = window}));
    if (sum.messages > 0)
      out.push_back(to_string(Limit{.most = sum.messages, .unit = Unit::Messages, .window = window}));
  }
  return out;
}

JsonValue json_of(const SentEntry& sent, TimePoint now) {
  return {{"user", sent.user},
          {"used", used_of(sent.state, now)},
          {"last", json_time(sent.state.last)},
          {"expires", json_time(expiry(sent.state))}};
}

std::vector<std::string> columns_of(const std::string& kind) {
  if (kind == "tuples") return {"client", "sender", "recipient", "state", "first", "early", "expires"};
  if (kind == "clients") return {"client", "passes", "trusted", "expires"};
  return {"user", "used", "last", "expires"};
}

// Every entry, until `take` has had enough.
template <class Take>
void walk(StateStore& store, Take take) {
  std::string place;
  for (;;) {
    const auto entries = store.list(place, kPage, Deadline(kPatience));
    if (entries.empty()) return;
    for (const auto& entry : entries)
      if (!take(entry)) return;
  }
}

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

// The rows of one kind in which the text occurs; one more than `most`, if there are.
JsonValue rows_of(const Call& call, const std::string& kind, std::size_t most) {
  const std::string search = call.option("search");
  const TimePoint now = call.site.now();
  const unsigned trust_after = call.site.settings().greylist.rules.trust_after;
  JsonValue rows = JsonValue::array();
  walk(call.site.state(), [&](const StateEntry& entry) {
    if (const auto* tuple = std::get_if<TupleEntry>(&entry); tuple && kind == "tuples") {
      if (has(tuple->client, search) || has(tuple->sender, search) || has(tuple->recipient, search))
        rows.push_back(json_of(*tuple, now));
    } else if (const auto* client = std::get_if<ClientEntry>(&entry); client && kind == "clients") {
      if (has(client->client, search)) rows.push_back(json_of(*client, trust_after, now));
    } else if (const auto* sent = std::get_if<SentEntry>(&entry); sent && kind == "users") {
      if (has(sent->user, search)) rows.push_back(json_of(*sent, now));
    }
    return rows.size() <= most;
  });
  return rows;
}

// As greylisting names them, or an address.
bool is_client(const std::string& word) {
  if (Network::parse(word)) return true;
  const auto is_odd = [](unsigned char c) { return c <= 0x20 || c == 0x7f; };
  return (word.starts_with("spf:") || word.starts_with("host:")) && !word.ends_with(':') &&
         std::none_of(word.begin(), word.end(), is_odd);
}

// An address stands for the network that it is in, whose its tuples are, and for itself. Throws
// UsageError for what is no client.
std::vector<std::string> client_names(const Call& call) {
  const std::string& word = call.words[0];
  if (!is_client(word))
    throw UsageError(word + " is no client: it is an address, a network, spf:DOMAIN or host:DOMAIN");
  const GreylistSettings& greylist = call.site.settings().greylist;
  const auto address = IpAddress::parse(word);
  if (!address) return {word};
  std::vector<std::string> out{greylist_client(*address, greylist.ipv4_prefix, greylist.ipv6_prefix)};
  if (auto host = greylist_host(*address); host != out.front()) out.push_back(std::move(host));
  return out;
}

std::vector<std::string> warnings_of(const std::string& client, std::size_t known) {
  return known > 0 ? std::vector<std::string>() : std::vector{"nothing is known of " + client};
}

std::unique_ptr<StateStore> open_named(const Call& call, const std::string& url) {
  if (url == "memory:") throw NotDone("memory: is the daemon's own, nothing can be copied from or to it");
  try {
    // Copying takes its time; no mail waits for it.
    StateStoreOptions options = state_store_options(call.site.settings().state);
    options.timeout = kPatience;
    return open_state_store(url, options);
  } catch (const std::invalid_argument& error) {
    throw UsageError(error.what());
  }
}

void put_in_slices(StateStore& to, std::span<const StateEntry> entries, std::size_t slice, TimePoint now) {
  while (!entries.empty()) {
    const auto part = entries.first(std::min(slice, entries.size()));
    to.put(part, now, Deadline(kPatience));
    entries = entries.subspan(part.size());
  }
}

// Of what will not be copied.
std::vector<std::string> warnings_of_copy(const Call& call, const StateSize& from) {
  const std::size_t tuples = from.pending + from.passed;
  const bool hashed = call.site.settings().state.redis_names == RedisNames::Hashed;
  if (!hashed || tuples == 0 || !is_remote_state_url(call.words[0])) return {};
  return {std::to_string(tuples) +
          " tuples are left out: with state.redis-names = hashed they have no names"};
}

// Opening it would make it.
void refuse_absent(const std::string& url) {
  if (const std::string file = absent_sqlite_file(url); !file.empty())
    throw NotDone("there is no file " + file);
}

}  // namespace

Answer state_stats(const Call& call) {
  const StateSize size = call.site.state().size(call.site.now());
  return {{{"url", call.site.settings().state.url},
           {"waiting", size.pending},
           {"passed", size.passed},
           {"clients", size.clients},
           {"users", size.users}}};
}

Answer state_list(const Call& call) {
  const std::string& kind = call.words[0];
  if (kind != "tuples" && kind != "clients" && kind != "users")
    throw UsageError("state list: must be one of: tuples, clients, users");
  const std::size_t most = call.number("limit", kShown);
  Answer out{.json = rows_of(call, kind, most), .columns = columns_of(kind)};
  cut(out, most, "a higher --limit");
  return out;
}

Answer state_show(const Call& call) {
  const auto names = client_names(call);
  const TimePoint now = call.site.now();
  const unsigned trust_after = call.site.settings().greylist.rules.trust_after;
  JsonValue out{{"client", names.front()}, {"passes", 0}, {"trusted", false}, {"expires", nullptr}};
  JsonValue tuples = JsonValue::array();
  std::size_t known = 0;
  for (const auto& name : names) {
    const auto entries = call.site.state().of_client(name, Deadline(kPatience));
    known += entries.size();
    for (const auto& entry : entries) {
      const auto* own = std::get_if<ClientEntry>(&entry);
      if (own && (out["expires"].is_null() || !out["trusted"])) out.update(json_of(*own, trust_after, now));
      if (const auto* tuple = std::get_if<TupleEntry>(&entry)) tuples.push_back(json_of(*tuple, now));
    }
  }
  out["client"] = names.front();
  for (auto& tuple : tuples) tuple.erase("client");
  out["tuples"] = std::move(tuples);
  return {.json = out, .warnings = warnings_of(names.front(), known)};
}

Answer state_forget(const Call& call) {
  const auto names = client_names(call);
  StateStore& store = call.site.state();
  std::size_t forgotten = 0;
  for (const auto& name : names) forgotten += store.forget_client(name, Deadline(kPatience));
  const std::string& client = names.front();
  store.flush(Deadline(kPatience));
  return {.json = {{"client", client}, {"forgotten", forgotten}}, .warnings = warnings_of(client, forgotten)};
}

Answer state_copy(const Call& call) {
  if (call.words[0] == call.words[1]) throw UsageError("state copy: both are the same store");
  call.site.become_user();
  refuse_absent(call.words[0]);
  const auto from = open_named(call, call.words[0]);
  // Before the other is made: it may not answer.
  const StateSize size = from->size(call.site.now());
  const auto to = open_named(call, call.words[1]);
  const std::size_t slice = is_remote_state_url(call.words[1]) ? kSlice : kPage;
  const std::size_t total = size.pending + size.passed + size.clients + size.users;
  std::size_t copied = 0;
  std::string place;
  for (;;) {
    const auto entries = from->list(place, kPage, Deadline(kPatience));
    if (entries.empty()) break;
    put_in_slices(*to, entries, slice, call.site.now());
    copied += entries.size();
    if (call.progress) call.progress(copied, total);
  }
  to->flush(Deadline(kPatience));
  return {.json = {{"from", call.words[0]}, {"to", call.words[1]}, {"copied", copied}},
          .warnings = warnings_of_copy(call, size)};
}

}  // namespace mailreeve
