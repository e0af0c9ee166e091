// SPDX-License-Identifier: BSD-2-Clause
#include "admin/allowance.h"
#include "admin/commands.h"
#include "admin/in_force.h"
#include "admin/unlisted.h"
#include "core/domain_names.h"
#include "store/policydb/domain_admin.h"
#include "store/policydb/policy_lookup.h"
#include "store/policydb/sql_policy_db.h"

namespace mailreeve {

namespace {

JsonValue json_of(const DomainEntry& domain) {
  return {{"domain", domain.name},
          {"greylist", domain.greylist},
          {"check_spf", domain.check_spf},
          {"quota", json_name(domain.quota)}};
}

struct Switch {
  const char* name;
  bool DomainEntry::*state;
  bool DomainPolicy::*nearest;
  bool (DomainAdmin::*set)(const std::string&, bool);
  InForce (*in_force)(const Settings&, const DomainPolicy&, const std::string&);
};

constexpr Switch kGreylist{"greylist", &DomainEntry::greylist, &DomainPolicy::greylist,
                           &DomainAdmin::set_greylist, greylisting_in_force};
constexpr Switch kCheckSpf{"check_spf", &DomainEntry::check_spf, &DomainPolicy::check_spf,
                           &DomainAdmin::set_check_spf, spf_in_force};

bool is_on(const std::string& word) {
  if (word == "on") return true;
  if (word == "off") return false;
  throw UsageError("a switch is on or off, not " + word);
}

// As the daemon finds it.
DomainPolicy policy_of(const Call& call, const std::string& domain) {
  SqlPolicyDb policies(call.site.policy_database(), call.site.clock());
  return policies.domain(domain, Deadline(call.site.patience()));
}

Answer show_switch(const Call& call, const Switch& which, const std::string& domain) {
  const DomainPolicy policy = policy_of(call, domain);
  const InForce found = which.in_force(call.site.settings(), policy, domain);
  return {.json = {{"domain", domain},
                   {which.name, policy.*which.nearest},
                   {"of", json_name(policy.of)},
                   {"in_force", found.applies},
                   {"why", found.sentence}},
          .lines = {found.sentence}};
}

bool is_below(const std::string& name, const std::string& domain) {
  if (name == domain) return false;
  return domain == kEverybody || (domain.starts_with('.') && name.ends_with(domain));
}

// Domains that are known keep what is said of them, where that is asked.
void warn_of_others(const Call& call, const Switch& which, const std::string& domain, bool on,
                    std::vector<std::string>& warnings) {
  const DomainPolicy other{.known = true, .of = domain, .greylist = !on, .check_spf = !on};
  if (which.in_force(call.site.settings(), other, domain).applies == on) return;
  std::vector<std::string> others;
  for (const auto& each : DomainAdmin(call.database()).domains(kWhole))
    if (is_below(each.name, domain) && each.*which.state != on) others.push_back(each.name);
  if (others.empty()) return;
  const std::string more = others.size() == 1 ? "" : " and of " + std::to_string(others.size() - 1) + " more";
  warnings.push_back("it stays " + std::string(on ? "off" : "on") + " for domains that have a switch of " +
                     "their own: that of " + others[0] + more + " is " + (on ? "off" : "on"));
}

// Without a word it shows.
Answer switch_command(const Call& call, const Switch& which) {
  // A word that is neither is refused before anything is asked.
  const bool on = call.words.size() > 1 && is_on(call.words[1]);
  const std::string domain = folded(kDomainNoun, call.words[0]);
  if (call.words.size() < 2) return show_switch(call, which, domain);
  const bool different = (DomainAdmin(call.database()).*which.set)(domain, on);
  const InForce found = which.in_force(call.site.settings(), policy_of(call, domain), domain);
  Answer out =
      changed("the switch of " + domain + " is " + (on ? "on" : "off") + "; " + found.sentence, different);
  out.json["in_force"] = found.applies;
  if (found.applies != on) out.warnings.push_back("that changes nothing: " + found.sentence);
  if (found.applies == on) warn_of_others(call, which, domain, on, out.warnings);
  return out;
}

// Somebody who has nothing nearer than this domain's quota.
std::string user_of(const std::string& domain) {
  if (domain == kEverybody) return "";
  return (domain.starts_with('.') ? "*@*" : "*@") + domain;
}

std::string users_of(const std::string& domain) {
  if (domain == kEverybody) return "who has no quota, nor has its domain,";
  return domain.starts_with('.') ? "users of domains below " + domain.substr(1) + " without a nearer quota"
                                 : "users of " + domain + " without a quota";
}

}  // namespace

Answer domain_list(const Call& call) {
  return list_of(call, {"domain", "greylist", "check_spf", "quota"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& domain : DomainAdmin(call.database()).domains(page)) rows.push_back(json_of(domain));
    return rows;
  });
}

Answer domain_show(const Call& call) {
  DomainAdmin admin(call.database());
  JsonValue out = json_of(admin.domain(call.words[0]));
  if (call.has("users")) out["users"] = admin.domain_users(call.words[0], kWhole);
  return {out};
}

Answer domain_add(const Call& call) {
  DomainAdmin(call.database()).add_domain(call.words[0]);
  return changed("the domain " + call.words[0] + " is added");
}

Answer domain_remove(const Call& call) {
  const DomainEntry domain = DomainAdmin(call.database()).domain(call.words[0]);
  Answer out = remove_listed(call, "domain", &DomainAdmin::domain_users, &DomainAdmin::remove_domain);
  if (domain.quota.empty()) return out;
  const Standing standing = standing_of(call.site, user_of(domain.name), out.warnings);
  if (is_unlimited(standing))
    out.warnings.push_back(users_of(domain.name) + " now have " + limits_text(standing));
  return out;
}

Answer domain_greylist(const Call& call) { return switch_command(call, kGreylist); }

Answer domain_check_spf(const Call& call) { return switch_command(call, kCheckSpf); }

Answer domain_quota(const Call& call) {
  const std::string quota = call.name_or_none(1);
  const std::string domain = folded(kDomainNoun, call.words[0]);
  const bool different = DomainAdmin(call.database()).set_domain_quota(domain, quota);
  std::vector<std::string> warnings;
  const Standing standing = standing_of(call.site, user_of(domain), warnings);
  Answer out = changed(users_of(domain) + " may send " + limits_text(standing), different);
  out.warnings = std::move(warnings);
  if (quota.empty() && is_unlimited(standing)) out.warnings.push_back(out.lines.front());
  return out;
}

}  // namespace mailreeve
