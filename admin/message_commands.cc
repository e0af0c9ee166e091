// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <utility>

#include "admin/commands.h"
#include "store/policydb/message_table.h"

namespace mailreeve {

namespace {

const std::vector<std::string> kTotalsColumns{"user", "messages", "recipients", "refused", "since"};
constexpr std::string_view kVerdicts[] = {"pass", "allow", "defer", "reject"};

// They are separated by blanks, which may also stand in a quoted local part.
JsonValue array_of(const std::string& addresses) {
  JsonValue out = JsonValue::array();
  std::string address;
  bool quoted = false;
  bool escaped = false;
  for (const char c : addresses) {
    if (c == ' ' && !quoted) {
      if (!address.empty()) out.push_back(std::exchange(address, ""));
      continue;
    }
    if (c == '"' && !escaped) quoted = !quoted;
    escaped = c == '\\' && !escaped;
    address += c;
  }
  if (!address.empty()) out.push_back(address);
  return out;
}

JsonValue json_of(const MessageRecord& message) {
  return {{"time", json_time(message.when)},
          {"user", message.user},
          {"sender", message.sender},
          {"recipients", message.recipients},
          {"addresses", array_of(message.addresses)},
          {"client", message.client},
          {"client_name", message.client_name},
          {"helo", message.helo},
          {"login", message.login},
          {"size", message.size},
          {"outbound", message.outbound},
          {"verdict", message.verdict},
          {"policy", message.policy},
          {"reason", message.reason},
          {"host", message.host},
          {"queue_id", message.queue_id},
          {"ref", message.ref}};
}

JsonValue json_of(const TotalsEntry& totals) {
  return {{"user", totals.user},
          {"messages", totals.messages},
          {"recipients", totals.recipients},
          {"refused", totals.refused},
          {"since", json_time(totals.since)}};
}

std::optional<std::string> text_of(const Call& call, const std::string& option) {
  if (!call.has(option)) return std::nullopt;
  return call.option(option);
}

// Empty: not one user's alone.
std::string user_of(const Call& call) { return call.has("user") ? call.user(call.option("user")) : ""; }

std::optional<std::string> sender_of(const Call& call) {
  const auto out = text_of(call, "sender");
  return out && out->empty() ? "<>" : out;
}

std::optional<std::string> verdict_of(const Call& call) {
  auto out = text_of(call, "verdict");
  if (!out || std::find(std::begin(kVerdicts), std::end(kVerdicts), *out) != std::end(kVerdicts)) return out;
  std::string known;
  for (const auto word : kVerdicts) known += (known.empty() ? "" : ", ") + std::string(word);
  throw UsageError("--verdict " + *out + ": must be one of: " + known);
}

}  // namespace

Answer messages(const Call& call) {
  const std::size_t shown = call.page().limit;
  const MessageQuery query{.user = user_of(call),
                           .sender = sender_of(call),
                           .verdict = verdict_of(call),
                           .queue_id = text_of(call, "queue"),
                           .ref = text_of(call, "ref"),
                           .since = call.when("since", Ahead::No),
                           .until = call.when("until", Ahead::No),
                           .limit = shown + 1};
  JsonValue rows = JsonValue::array();
  for (const auto& message : MessageTable(call.site.policy_database()).find(query, Deadline(kPatience)))
    rows.push_back(json_of(message));
  Answer out{.json = rows,
             .columns = {"time", "user", "sender", "recipients", "client", "verdict", "reason", "queue_id"}};
  cut(out, shown, "a higher --limit");
  return out;
}

Answer totals(const Call& call) {
  const std::string user = user_of(call);
  MessageTable table(call.site.policy_database());
  if (!call.has("user"))
    return list_of(call, kTotalsColumns, [&](const Page& page) {
      JsonValue rows = JsonValue::array();
      for (const auto& entry : table.totals(page, Deadline(kPatience))) rows.push_back(json_of(entry));
      return rows;
    });
  Answer out{.json = JsonValue::array(), .columns = kTotalsColumns};
  if (const auto entry = table.totals_of(user, Deadline(kPatience)))
    out.json.push_back(json_of(*entry));
  else
    out.warnings.push_back("nothing is known of what " + user + " ever sent");
  return out;
}

}  // namespace mailreeve
