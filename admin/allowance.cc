// SPDX-License-Identifier: BSD-2-Clause
#include "admin/allowance.h"

#include <algorithm>

#include "store/policydb/sql_policy_db.h"

namespace mailreeve {

namespace {

std::string window_text(Seconds window) { return window == kDaily ? "day" : format_duration(window); }

std::string unit_text(Unit unit) { return unit == Unit::Recipients ? "recipients" : "messages"; }

std::string state_text(QuotaAnswer::Kind kind) {
  switch (kind) {
    case QuotaAnswer::Kind::Within:
      return "within";
    case QuotaAnswer::Kind::Exceeded:
      return "exceeded";
    case QuotaAnswer::Kind::TooSoon:
      return "too-soon";
  }
  return "";
}

// When some of what was sent ceases to count.
std::optional<TimePoint> next_release(const QuotaState& state, const QuotaRules& rules, TimePoint now) {
  std::optional<TimePoint> out;
  for (const auto& part : state.parts) {
    const bool counts =
        part.expires > now && std::any_of(rules.limits.begin(), rules.limits.end(), [&](const Limit& limit) {
          const auto amount = limit.unit == Unit::Recipients ? part.recipients : part.messages;
          return limit.window == part.window && amount > 0;
        });
    if (counts && (!out || part.expires < *out)) out = part.expires;
  }
  return out;
}

JsonValue used_of(const QuotaState& state, const QuotaRules& rules, TimePoint now) {
  JsonValue out = JsonValue::array();
  for (const auto& limit : rules.limits) {
    const std::int64_t used = quota_used(state, limit, rules, now);
    out.push_back({{"unit", unit_text(limit.unit)},
                   {"limit", limit.most},
                   {"window", window_text(limit.window)},
                   {"used", used},
                   {"remaining", std::max<std::int64_t>(0, limit.most - used)}});
  }
  return out;
}

}  // namespace

Standing standing_of(Site& site, const std::string& user, std::vector<std::string>& warnings) {
  const QuotaSettings& quota = site.settings().quota;
  const AllowanceRules rules{.otherwise = quota.default_limits(), .defaults = quota.defaults()};
  SqlPolicyDb policies(site.policy_database(), site.clock());
  const Deadline deadline(site.patience());
  const TimePoint now = site.now();
  Standing out;
  out.known = policies.user(user, deadline).known;
  out.allowance = allowance_of(user, rules, policies, now, deadline);
  out.rules = {.limits = out.allowance.limits,
               .margin = quota.margin,
               .min_interval = quota.min_interval,
               .count_refused = quota.count_refused};
  set_day(out.rules, now, quota.reset_at);
  out.unlimited = rules.otherwise.has_value();
  if (!out.allowance.unreadable.empty())
    warnings.push_back("the policy database has \"" + out.allowance.unreadable +
                       "\" for limits, which is none; it is passed over");
  if (quota.apply == QuotaApply::Never) warnings.emplace_back("quota.apply = never: no limits are in force");
  return out;
}

JsonValue json_of(const Standing& standing) {
  JsonValue limits = JsonValue::array();
  for (const auto& limit : standing.allowance.limits) limits.push_back(to_string(limit));
  const char* may_send = !limits.empty() ? "limited" : standing.unlimited ? "unlimited" : "nothing";
  return {{"may_send", may_send},
          {"limits", limits},
          {"source", standing.allowance.source},
          {"source_name", json_name(standing.allowance.to)},
          {"quota", json_name(standing.allowance.name)}};
}

std::map<Seconds, QuotaPart> sums_of(const QuotaState& state, TimePoint now) {
  std::map<Seconds, QuotaPart> sums;
  for (const auto& part : state.parts) {
    if (part.expires <= now) continue;
    QuotaPart& sum = sums[part.window];
    sum.recipients += part.recipients;
    sum.messages += part.messages;
  }
  return sums;
}

JsonValue usage_of(Site& site, const std::string& user, const Standing& standing) {
  const TimePoint now = site.now();
  const QuotaState state = site.state().sent(user, now, Deadline(kPatience));
  // Would one more recipient pass?
  const QuotaAnswer answer = quota_charge(state, standing.rules, 0, now).answer;
  const bool blocked = answer.kind != QuotaAnswer::Kind::Within;
  return {{"margin", to_string(standing.rules.margin)},
          {"state", state_text(answer.kind)},
          {"blocked_until", blocked ? json_time(answer.release) : JsonValue()},
          {"last", json_time(state.last)},
          {"next_release", json_time(next_release(state, standing.rules, now))},
          {"used", used_of(state, standing.rules, now)}};
}

}  // namespace mailreeve
