// SPDX-License-Identifier: BSD-2-Clause
// The access rules of the policy database.
#include <algorithm>
#include <charconv>
#include <stdexcept>

#include "access/rule.h"
#include "admin/commands.h"
#include "admin/when.h"
#include "core/ip_address.h"
#include "store/policydb/access_admin.h"

namespace mailreeve {

namespace {

JsonValue json_of(const AccessRow& row) {
  return {{"id", row.id},
          {"rule", row.rule},
          {"until", json_time(row.until)},
          {"why", json_name(row.why)},
          {"added", json_time(row.added)}};
}

// In one spelling. A rule of the database takes no list and no file.
std::string checked_rule(const std::string& text) {
  try {
    return to_string(parse_access_rule(text));
  } catch (const std::invalid_argument& error) {
    throw NotDone(error.what());
  }
}

std::optional<TimePoint> until_of(const Call& call) {
  const auto until = call.when("until", Ahead::Yes);
  if (until && *until <= call.site.now())
    throw UsageError("--until " + call.option("until") + " is over already");
  return until;
}

std::int64_t id_of(const std::string& word) {
  std::int64_t id = 0;
  const char* const begin = word.data() + (word.starts_with('#') ? 1 : 0);
  const char* const end = word.data() + word.size();
  const auto [rest, error] = std::from_chars(begin, end, id);
  if (error != std::errc() || rest != end || id < 1)
    throw UsageError("\"" + word + "\" is no rule's number; access list shows them");
  return id;
}

// Adds them, and says what they are.
Answer add(const Call& call, const std::vector<std::string>& rules, AccessPlace place) {
  const auto until = until_of(call);
  std::vector<NewAccessRow> rows;
  rows.reserve(rules.size());
  for (const auto& rule : rules) rows.push_back({.rule = rule, .until = until, .why = call.option("why")});
  const auto ids = AccessAdmin(call.database()).add_rules(rows, place, call.site.now());
  const std::string end = until ? ", until " + with_local_time(*until) : "";
  Answer out = changed("");
  out.lines.clear();
  out.json["rules"] = JsonValue::array();
  for (std::size_t i = 0; i < ids.size(); ++i) {
    out.json["rules"].push_back({{"id", ids[i]}, {"rule", rules[i]}});
    out.lines.push_back("rule " + std::to_string(ids[i]) + ": " + rules[i] + end);
  }
  out.json["until"] = json_time(until);
  return out;
}

Skips skips_of(const std::string& text) {
  try {
    return parse_access_rule("skip=" + text).skips;
  } catch (const std::invalid_argument& error) {
    throw UsageError("--from " + text + ": " + error.what());
  }
}

using Values = std::vector<std::string>;

AccessCondition condition(AccessKey key, const Values& values) {
  AccessCondition out{.key = key, .negated = false, .written = {}, .list = {}};
  try {
    for (const auto& value : values) out.written.push_back(parse_access_pattern(key, value));
  } catch (const std::invalid_argument& error) {
    // As for other commands: what is no address is a wrong command line, an impossible name is not.
    if (key == AccessKey::Client) throw UsageError(error.what());
    throw NotDone(error.what());
  }
  return out;
}

// The hosts of this name, and those below it.
Values hosts_of(const std::string& name) {
  if (name.starts_with('.') || name.starts_with('/')) return {name};
  return {name, "." + name};
}

// The rules that exempt what a bare word stands for.
std::vector<AccessRule> rules_for(const std::string& word, const AccessRule& exemption) {
  const auto with = [&](AccessKey key, const Values& values) {
    AccessRule rule = exemption;
    rule.conditions.push_back(condition(key, values));
    return rule;
  };
  if (Network::parse(word)) return {with(AccessKey::Client, {word})};
  if (word == "<>" || word.find('@') != std::string::npos) return {with(AccessKey::Sender, {word})};
  return {with(AccessKey::ClientName, hosts_of(word)), with(AccessKey::Sender, {word})};
}

// One rule for all that the options say.
AccessRule rule_for_options(const Call& call, AccessRule rule) {
  const auto take = [&](const std::string& option, AccessKey key, auto values_of) {
    if (call.has(option)) rule.conditions.push_back(condition(key, values_of(call.option(option))));
  };
  const auto itself = [](const std::string& value) { return Values{value}; };
  take("client", AccessKey::Client, itself);
  take("name", AccessKey::ClientName, hosts_of);
  take("sender", AccessKey::Sender,
       [](const std::string& value) { return Values{value.empty() ? "<>" : value}; });
  take("recipient", AccessKey::Recipient, itself);
  return rule;
}

}  // namespace

Answer access_list(const Call& call) {
  return list_of(call, {"id", "rule", "until", "why"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& row : AccessAdmin(call.database()).rules(page, call.site.now()))
      rows.push_back(json_of(row));
    return rows;
  });
}

Answer access_add(const Call& call) {
  return add(call, {checked_rule(call.rest(0))}, call.has("first") ? AccessPlace::First : AccessPlace::Last);
}

Answer access_remove(const Call& call) {
  std::vector<std::int64_t> ids;
  for (const auto& word : call.words)
    if (const auto id = id_of(word); std::find(ids.begin(), ids.end(), id) == ids.end()) ids.push_back(id);
  const auto removed = AccessAdmin(call.database()).remove_rules(ids, call.site.now());
  Answer out = changed("");
  out.lines.clear();
  out.json["rules"] = JsonValue::array();
  for (const auto& row : removed) {
    out.json["rules"].push_back({{"id", row.id}, {"rule", row.rule}});
    out.lines.push_back("rule " + std::to_string(row.id) + " is removed: " + row.rule);
  }
  return out;
}

Answer exempt(const Call& call) {
  AccessRule exemption;
  exemption.action = AccessAction::Skip;
  exemption.skips = skips_of(call.option("from"));
  const AccessRule by_options = rule_for_options(call, exemption);
  if (call.words.empty() == by_options.conditions.empty())
    throw UsageError("exempt takes either a NAME or some of --client, --name, --sender and --recipient");
  std::vector<std::string> rules;
  for (const auto& rule : call.words.empty() ? std::vector{by_options} : rules_for(call.words[0], exemption))
    rules.push_back(checked_rule(to_string(rule)));
  return add(call, rules, AccessPlace::First);
}

}  // namespace mailreeve
