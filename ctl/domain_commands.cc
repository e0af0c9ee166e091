// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/commands.h"
#include "ctl/unlisted.h"

namespace mailreeve {

namespace {

JsonValue json_of(const DomainEntry& domain) {
  return {{"domain", domain.name},
          {"greylist", domain.greylist},
          {"check_spf", domain.check_spf},
          {"quota", json_name(domain.quota)}};
}

// What the word says; without one, the other way round.
bool wanted_switch(const Call& call, bool now) {
  if (call.words.size() < 2) return !now;
  if (call.words[1] == "on") return true;
  if (call.words[1] == "off") return false;
  throw UsageError("a switch is on or off, not " + call.words[1]);
}

Answer set_switch(const Call& call, bool DomainEntry::*state,
                  void (PolicyAdmin::*set)(const std::string&, bool), const std::string& what) {
  // A word that is neither is refused before anything is asked.
  wanted_switch(call, false);
  PolicyAdmin admin = call.admin();
  const DomainEntry domain = admin.domain(call.words[0]);
  const bool on = wanted_switch(call, domain.*state);
  (admin.*set)(domain.name, on);
  return changed(what + " is " + (on ? "on" : "off") + " for mail to " + domain.name, on != domain.*state);
}

}  // namespace

Answer domain_list(const Call& call) {
  return list_of(call, {"domain", "greylist", "check_spf", "quota"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& domain : call.admin().domains(page)) rows.push_back(json_of(domain));
    return rows;
  });
}

Answer domain_show(const Call& call) {
  PolicyAdmin admin = call.admin();
  JsonValue out = json_of(admin.domain(call.words[0]));
  if (call.has("users")) out["users"] = admin.domain_users(call.words[0], kWhole);
  return {out};
}

Answer domain_add(const Call& call) {
  call.admin().add_domain(call.words[0]);
  return changed("the domain " + call.words[0] + " is added");
}

Answer domain_remove(const Call& call) {
  return remove_listed(call, "domain", &PolicyAdmin::domain_users, &PolicyAdmin::remove_domain);
}

Answer domain_greylist(const Call& call) {
  return set_switch(call, &DomainEntry::greylist, &PolicyAdmin::set_greylist, "greylisting");
}

Answer domain_check_spf(const Call& call) {
  return set_switch(call, &DomainEntry::check_spf, &PolicyAdmin::set_check_spf, "checking SPF");
}

Answer domain_quota(const Call& call) {
  const std::string quota = call.name_or_none(1);
  const bool different = call.admin().set_domain_quota(call.words[0], quota);
  return changed("users of " + call.words[0] + " without a quota have " +
                     (quota.empty() ? "the default" : "the quota " + quota),
                 different);
}

}  // namespace mailreeve
