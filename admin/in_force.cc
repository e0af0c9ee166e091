// SPDX-License-Identifier: BSD-2-Clause
#include "admin/in_force.h"

#include "core/domain_names.h"

namespace mailreeve {

namespace {

std::string mail_to(const std::string& domain) {
  if (domain == kEverybody) return "mail to domains of which nothing else is said";
  return domain.starts_with('.') ? "mail to domains below " + domain.substr(1) : "mail to " + domain;
}

// What the switch of the nearest says.
std::string by_switch(const DomainPolicy& policy, bool on) {
  if (!policy.known) return "opt-in, and no domain has opted in for it";
  return std::string("opt-in, and the switch of ") + policy.of + " is " + (on ? "on" : "off");
}

// Whose mail is greylisted by its SPF result: the options that say so.
std::string greylisting_results(const SpfSettings& spf) {
  const std::pair<const char*, const Action*> actions[] = {
      {"pass", &spf.on_pass},           {"fail", &spf.on_fail}, {"softfail", &spf.on_softfail},
      {"neutral", &spf.on_neutral},     {"none", &spf.on_none}, {"temperror", &spf.on_temperror},
      {"permerror", &spf.on_permerror},
  };
  std::string out;
  for (const auto& [result, action] : actions)
    if (action->kind() == Action::Kind::Greylist)
      out += (out.empty() ? "spf.on-" : ", spf.on-") + std::string(result);
  return out;
}

std::string only_logged(const Settings& settings, Mode mode, const char* option) {
  if (settings.mode == Mode::Monitor) return "; nothing is refused: mode = monitor";
  return mode == Mode::Monitor ? std::string("; nothing is refused: ") + option + " = monitor" : "";
}

bool spf_applies(const Settings& settings, const DomainPolicy& policy) {
  return settings.spf.apply == Apply::All || (settings.spf.apply == Apply::OptIn && policy.check_spf);
}

}  // namespace

InForce greylisting_in_force(const Settings& settings, const DomainPolicy& policy,
                             const std::string& domain) {
  InForce out;
  std::string why;
  switch (settings.greylist.apply) {
    case GreylistApply::All:
      out.applies = true;
      why = "all";
      break;
    case GreylistApply::Suspicious:
      out.applies = true;
      why = "suspicious, which spares clean clients";
      break;
    case GreylistApply::Never:
      why = "never";
      break;
    case GreylistApply::OptIn:
      out.applies = policy.greylist;
      why = by_switch(policy, policy.greylist);
      break;
  }
  out.sentence =
      mail_to(domain) + (out.applies ? " is greylisted" : " is not greylisted") + ": greylist.apply = " + why;
  const std::string results = greylisting_results(settings.spf);
  if (!out.applies && spf_applies(settings, policy) && !results.empty())
    out.sentence += "; but by its SPF result it may be: " + results + " = greylist";
  out.sentence += only_logged(settings, settings.greylist.mode, "greylist.mode");
  return out;
}

InForce spf_in_force(const Settings& settings, const DomainPolicy& policy, const std::string& domain) {
  InForce out{.applies = spf_applies(settings, policy), .sentence = ""};
  std::string why = "never";
  if (settings.spf.apply == Apply::All) why = "all";
  if (settings.spf.apply == Apply::OptIn) why = by_switch(policy, policy.check_spf);
  out.sentence = mail_to(domain) + (out.applies ? " is judged by SPF" : " is not judged by SPF") +
                 ": spf.apply = " + why + only_logged(settings, settings.spf.mode, "spf.mode");
  return out;
}

bool is_unlimited(const Standing& standing) {
  return standing.allowance.limits.empty() && standing.unlimited;
}

std::string limits_text(const Standing& standing) {
  const Allowance& allowance = standing.allowance;
  if (allowance.limits.empty())
    return standing.unlimited ? "no limit, by quota.default = unlimited"
                              : "nothing, by quota.default = refuse";
  std::string out;
  for (const auto& limit : allowance.limits) out += (out.empty() ? "" : " ") + to_string(limit);
  if (allowance.source == "default") return out + ", by quota.default";
  if (allowance.source == "raised") return out + ", raised for " + allowance.to;
  return out + ", the quota " + allowance.name + " of " + allowance.to;
}

}  // namespace mailreeve
