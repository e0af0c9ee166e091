// SPDX-License-Identifier: BSD-2-Clause
// Quotas, and limits that hold for a user instead for a while.
#include "admin/commands.h"
#include "admin/in_force.h"
#include "admin/when.h"
#include "core/address.h"
#include "core/domain_names.h"
#include "core/quota_state.h"
#include "policies/quota.h"
#include "store/policydb/quota_admin.h"
#include "store/policydb/raise_admin.h"

namespace mailreeve {

namespace {

// When the present day ends, for quotas.
TimePoint end_of_day(const Site& site) {
  QuotaRules rules;
  set_day(rules, site.now(), site.settings().quota.reset_at);
  return rules.day_end;
}

}  // namespace

Answer quota_list(const Call& call) {
  return list_of(call, {"quota", "limits", "number", "users", "domains"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& quota : QuotaAdmin(call.database()).quotas(page))
      rows.push_back({{"quota", quota.name},
                      {"limits", quota.limits},
                      {"number", quota.number},
                      {"users", quota.users},
                      {"domains", quota.domains}});
    return rows;
  });
}

Answer quota_raised(const Call& call) {
  return list_of(call, {"user", "limits", "until", "locked"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& [user, raise] : RaiseAdmin(call.database()).raises(page, call.site.now()))
      rows.push_back({{"user", user},
                      {"limits", raise.limits},
                      {"until", json_time(raise.until)},
                      {"locked", raise.locked}});
    return rows;
  });
}

Answer quota_add(const Call& call) {
  if (call.name_or_none(0).empty())
    throw NotDone("a quota cannot be named none, which means that there is none");
  QuotaAdmin(call.database()).add_quota(call.words[0], call.rest(1));
  return changed("the quota " + call.words[0] + " is added");
}

Answer quota_change(const Call& call) {
  const bool different = QuotaAdmin(call.database()).change_quota(call.words[0], call.rest(1));
  return changed("the quota " + call.words[0] + " is " + call.rest(1), different);
}

Answer quota_remove(const Call& call) {
  QuotaAdmin(call.database()).remove_quota(call.words[0]);
  return changed("the quota " + call.words[0] + " is removed");
}

Answer quota_raise(const Call& call) {
  const TimePoint until = call.when("until", Ahead::Yes).value_or(end_of_day(call.site));
  if (until <= call.site.now()) throw UsageError("--until " + call.option("until") + " is over already");
  const bool locked = RaiseAdmin(call.database()).raise(call.words[0], call.rest(1), until);
  Answer out =
      changed((call.words[0] == kEverybody ? "who has no quota, nor has its domain," : call.words[0]) +
              " may send " + call.rest(1) +
              (locked ? " until that is unlocked or lowered: it is locked, and without that would end at "
                      : " until ") +
              with_local_time(until));
  if (call.site.settings().quota.apply == QuotaApply::Never)
    out.warnings.emplace_back("quota.apply = never: no limits are in force");
  return out;
}

Answer quota_lower(const Call& call) {
  const bool different = RaiseAdmin(call.database()).lower(call.words[0]);
  const std::string user = fold_name(call.words[0]);
  std::vector<std::string> warnings;
  const Standing standing = standing_of(call.site, user == kEverybody ? "" : user, warnings);
  Answer out =
      changed(call.words[0] + (different ? " has no raised limits any more" : " had no raised limits") +
                  ", and may send " + limits_text(standing),
              different);
  if (different && is_unlimited(standing)) warnings.push_back(out.lines.front());
  out.warnings = std::move(warnings);
  return out;
}

Answer quota_lock(const Call& call) {
  const bool different = RaiseAdmin(call.database()).set_lock(call.words[0], true, call.site.now());
  return changed("the raised limits of " + call.words[0] + " hold until they are unlocked or lowered",
                 different);
}

Answer quota_unlock(const Call& call) {
  const bool different = RaiseAdmin(call.database()).set_lock(call.words[0], false, call.site.now());
  return changed("the raised limits of " + call.words[0] + " end when they were to end", different);
}

}  // namespace mailreeve
