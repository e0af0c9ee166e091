// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"
#include "ctl/commands.h"
#include "store/message_table.h"

namespace mailreeve {

namespace {

JsonValue json_of(const MessageRecord& message) {
  return {{"time", json_time(message.when)},
          {"user", message.user},
          {"sender", message.sender},
          {"recipients", message.recipients},
          {"addresses", message.addresses},
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

}  // namespace

Answer messages(const Call& call) {
  const std::size_t shown = call.page().limit;
  const MessageQuery query{.user = fold_name(call.option("user")),
                           .sender = text_of(call, "sender"),
                           .verdict = text_of(call, "verdict"),
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
  MessageTable table(call.site.policy_database());
  if (!call.has("user"))
    return list_of(call, {"user", "messages", "recipients", "refused", "since"}, [&](const Page& page) {
      JsonValue rows = JsonValue::array();
      for (const auto& entry : table.totals(page, Deadline(kPatience))) rows.push_back(json_of(entry));
      return rows;
    });
  const std::string user = fold_name(call.option("user"));
  const auto entry = table.totals_of(user, Deadline(kPatience));
  if (!entry) throw NotDone("nothing is known of what " + user + " ever sent");
  return {JsonValue::array({json_of(*entry)})};
}

}  // namespace mailreeve
