// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist.h"

#include <algorithm>
#include <optional>

#include "core/idna.h"
#include "core/registered_domain.h"
#include "policies/dynamic_name.h"
#include "policies/greylist_key.h"
#include "spf/extent.h"

namespace mailreeve {

namespace {

// RFC 5321 section 4.5.1 and RFC 2142: these must be reachable at once.
bool is_role(const Address& recipient) {
  const std::string local = ascii_lower(recipient.local());
  return local == "postmaster" || local == "abuse";
}

std::optional<std::string_view> exempt(const Facts& facts) {
  if (!facts.session.smtp) return "not-smtp";
  if (facts.session.trusted) return "trusted-network";
  if (!facts.session.client) return "no-client-address";
  if (is_role(*facts.rcpt)) return "role-address";
  return std::nullopt;
}

// A name below the registered domain may have a serial number in it, and be another one
// each time. All names below it together may vouch for the whole Internet, a part at each,
// so they are one client only within what one record may vouch for.
std::string sender_domain(const std::string& domain, const IpAddress& client) {
  const auto registered = registered_domain(domain);
  if (!registered || *registered == domain) return domain;
  return *registered + "@" + Network(client, client.is_v4() ? kWidestV4 : kWidestV6).text();
}

std::string_view reason_of(Passage::Kind kind) {
  switch (kind) {
    case Passage::Kind::New:
      return "new";
    case Passage::Kind::Early:
      return "early";
    case Passage::Kind::Passed:
      return "passed";
    case Passage::Kind::Known:
      return "known";
    case Passage::Kind::Trusted:
      return "trusted-client";
  }
  return "?";
}

}  // namespace

Verdict Greylist::judge(const Facts& facts, Findings& findings) const {
  if (const auto why = exempt(facts)) return Verdict::pass(*why);
  if (const auto why = spared(facts, findings)) return Verdict::pass(*why);

  const Approach what = approach(facts, findings);
  const GreylistRules rules = rules_for(findings.access);
  const Passage passage = store_->approach(what, rules, facts.now, facts.deadline);
  const std::string_view reason = reason_of(passage.kind);

  if (passage.must_wait()) {
    const std::string remaining = std::to_string(passage.remaining.count());
    const std::string delay = std::to_string(rules.delay.count());
    return Verdict::refuse(
               settings_.message.render({{"remaining", remaining}, {"delay", delay}, {"ref", facts.ref}}),
               reason)
        .with("waited", passage.waited.count())
        .with("remaining", passage.remaining.count());
  }
  if (passage.kind == Passage::Kind::Trusted) return Verdict::pass(reason);
  note_passage(what, findings);
  if (passage.kind == Passage::Kind::Known) return Verdict::pass(reason);
  findings.delayed = std::max(findings.delayed.value_or(Seconds(0)), passage.waited);
  return Verdict::pass(reason).with("waited", passage.waited.count());
}

std::optional<std::string_view> Greylist::spared(const Facts& facts, const Findings& findings) const {
  if (findings.must_greylist || findings.access.greylist) return std::nullopt;
  const bool known = findings.reputation.has_value();
  if (known && findings.reputation->repute == Repute::Trusted) return "trusted";
  switch (settings_.apply) {
    case GreylistApply::All:
      return std::nullopt;
    case GreylistApply::Suspicious:
      if (known && findings.reputation->repute == Repute::Suspicious) return std::nullopt;
      return known ? "clean" : "not-applied";
    case GreylistApply::OptIn:
      if (db_->domain(facts.rcpt->domain(), facts.deadline).greylist) return std::nullopt;
      break;
    case GreylistApply::Never:
      break;
  }
  return "not-applied";
}

// A delay beyond the retry window would never end.
GreylistRules Greylist::rules_for(const AccessFinding& access) const {
  GreylistRules out = settings_.rules;
  if (!access.delay) return out;
  out.delay = std::min(*access.delay, out.retry_window / 2);
  out.max_delay = std::max(out.max_delay, out.delay);
  return out;
}

Approach Greylist::approach(const Facts& facts, const Findings& findings) const {
  Approach out{.client = greylist_client(*facts.session.client, settings_.ipv4_prefix, settings_.ipv6_prefix),
               .network = {},
               .sender = greylist_sender(facts.envelope.sender),
               .recipient = greylist_recipient(*facts.rcpt)};
  if (auto pool = pool_of(facts, findings)) out.network = std::exchange(out.client, std::move(*pool));
  return out;
}

// A provider's pool of hosts is one client: where SPF names them, that of the sender's
// registered domain; else, and for the null sender, whose domain is one host's name, that
// of the client's own domain. A record that vouches for everybody names nobody.
std::optional<std::string> Greylist::pool_of(const Facts& facts, const Findings& findings) const {
  const Session& session = facts.session;
  const auto& spf = findings.spf;
  if (settings_.spf_domain && spf && spf->result == SpfResult::Pass && spf->names_client &&
      spf->identity == SpfIdentity::Mailfrom && !facts.envelope.sender.is_null())
    return "spf:" + sender_domain(spf->domain, *session.client);
  if (!settings_.host_domain || session.name_check != NameCheck::Ok) return std::nullopt;
  const std::string name = ascii_lower(session.client_name);
  const auto domain = registered_domain(name);
  if (!domain || looks_dynamic(name, *session.client)) return std::nullopt;
  return "host:" + *domain;
}

void Greylist::note_passage(const Approach& what, Findings& findings) const {
  if (settings_.rules.trust_after == 0) return;
  auto& passages = findings.passages;
  for (const std::string& client : {what.client, what.network})
    if (!client.empty() && std::find(passages.begin(), passages.end(), client) == passages.end())
      passages.push_back(client);
}

void Greylist::conclude(const Facts& facts, Findings& findings) const {
  if (findings.passages.empty()) return;
  store_->count_passage(findings.passages, settings_.rules, facts.now, facts.deadline);
}

Header greylist_header(Seconds delayed, std::string_view host, std::string_view signs, TimePoint now) {
  std::string value =
      "delayed " + std::to_string(delayed.count()) + " seconds by mailreeve at " + std::string(host);
  if (!signs.empty()) value.append("\n\t(").append(signs).append(")");
  return {"X-Greylist", value + ";\n\t" + format_rfc5322(now)};
}

}  // namespace mailreeve
