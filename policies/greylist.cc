// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist.h"

#include <algorithm>
#include <optional>

#include "core/idna.h"
#include "core/registered_domain.h"
#include "policies/correspondents.h"
#include "policies/dynamic_name.h"
#include "policies/greylist_key.h"
#include "spf/extent.h"
#include "util/backend_error.h"

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

// The registered domain of the client's name, if that is its provider's.
std::optional<std::string> provider_of(const Session& session) {
  if (session.name_check != NameCheck::Ok) return std::nullopt;
  const std::string name = ascii_lower(session.client_name);
  auto domain = registered_domain(name);
  if (!domain || looks_dynamic(name, *session.client)) return std::nullopt;
  return domain;
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
  return stage_ == Stage::Rcpt ? judge_recipient(facts, findings) : judge_held(facts, findings);
}

Verdict Greylist::judge_recipient(const Facts& facts, Findings& findings) const {
  if (const auto why = exempt(facts)) return Verdict::pass(*why);
  if (const auto why = spared(facts, findings)) return Verdict::pass(*why);
  if (waits_for_the_end(facts, findings)) {
    findings.held.push_back({.recipient = *facts.rcpt, .delay = findings.access.delay});
    return Verdict::pass("null-sender");
  }
  const GreylistRules rules = rules_for(findings.access.delay);
  const Passage passage = ask(facts, rules, findings);
  if (passage.must_wait() && corresponds(facts, findings)) return Verdict::pass("correspondent");
  return verdict_on(passage, rules, facts);
}

bool Greylist::waits_for_the_end(const Facts& facts, const Findings& findings) const {
  return settings_.null_sender == NullSenderWaits::End && facts.envelope.sender.is_null() &&
         findings.held.size() < kMostHeld;
}

// The message waits if a recipient does. All of them are asked about: their waits end together.
Verdict Greylist::judge_held(const Facts& facts, Findings& findings) const {
  const HeldRecipient* longest = nullptr;
  Passage passage;
  for (const HeldRecipient& held : findings.held) {
    Facts of_recipient = facts;
    of_recipient.rcpt = &held.recipient;
    const Passage each = ask(of_recipient, rules_for(held.delay), findings);
    if (longest != nullptr && each.remaining <= passage.remaining) continue;
    longest = &held;
    passage = each;
  }
  if (longest == nullptr) return Verdict::pass();
  return verdict_on(passage, rules_for(longest->delay), facts).with("recipient", longest->recipient.text());
}

Passage Greylist::ask(const Facts& facts, const GreylistRules& rules, Findings& findings) const {
  const Approach what = approach(facts, findings);
  const Passage passage = store_->approach(what, rules, facts.now, facts.deadline);
  if (passage.must_wait() || passage.kind == Passage::Kind::Trusted) return passage;
  note_passage(what, findings);
  if (passage.kind == Passage::Kind::Passed)
    findings.delayed = std::max(findings.delayed.value_or(Seconds(0)), passage.waited);
  return passage;
}

Verdict Greylist::verdict_on(const Passage& passage, const GreylistRules& rules, const Facts& facts) const {
  const std::string_view reason = reason_of(passage.kind);
  if (passage.kind == Passage::Kind::Passed)
    return Verdict::pass(reason).with("waited", passage.waited.count());
  if (!passage.must_wait()) return Verdict::pass(reason);
  const std::string remaining = std::to_string(passage.remaining.count());
  const std::string delay = std::to_string(rules.delay.count());
  return Verdict::refuse(
             settings_.message.render({{"remaining", remaining}, {"delay", delay}, {"ref", facts.ref}}),
             reason)
      .with("waited", passage.waited.count())
      .with("remaining", passage.remaining.count());
}

// Anybody can write a correspondent's address into MAIL FROM, so this lifts no wait that something
// else demands, and none of a client that the address's domain disowns. A store that fails here has
// just said that the mail must wait: that stands.
bool Greylist::corresponds(const Facts& facts, const Findings& findings) const {
  if (settings_.correspondents == Seconds(0) || findings.must_greylist || findings.access.greylist)
    return false;
  if (findings.spf &&
      (findings.spf->result == SpfResult::Fail || findings.spf->result == SpfResult::Softfail))
    return false;
  const auto key = correspondence(*facts.rcpt, facts.envelope.sender);
  if (!key) return false;
  try {
    return store_->recall(kCorrespondentKind, *key, facts.now, facts.deadline).has_value();
  } catch (const BackendError&) {
    return false;
  }
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
GreylistRules Greylist::rules_for(const std::optional<Seconds>& delay) const {
  GreylistRules out = settings_.rules;
  if (!delay) return out;
  out.delay = std::min(*delay, out.retry_window / 2);
  out.max_delay = std::max(out.max_delay, out.delay);
  return out;
}

Approach Greylist::approach(const Facts& facts, const Findings& findings) const {
  const IpAddress& address = *facts.session.client;
  const auto provider = provider_of(facts.session);
  const auto pool = pool_of(facts, findings, provider);
  const std::string network = greylist_client(address, settings_.ipv4_prefix, settings_.ipv6_prefix);
  Approach out{.client = pool.value_or(network),
               .voucher = provider ? "host:" + *provider + "@" + network : greylist_host(address),
               .sender = greylist_sender(facts.envelope.sender),
               .recipient = greylist_recipient(*facts.rcpt)};
  // A network says nothing of a host: it may have been trusted by other rules.
  out.lapses = !pool && out.voucher != out.client;
  if (out.voucher == out.client) out.voucher.clear();
  return out;
}

// A provider's pool of hosts is one client: where SPF names them, that of the sender's
// registered domain; else, and for the null sender, whose domain is one host's name, that
// of the client's own domain. A record that vouches for everybody names nobody.
std::optional<std::string> Greylist::pool_of(const Facts& facts, const Findings& findings,
                                             const std::optional<std::string>& provider) const {
  const Session& session = facts.session;
  const auto& spf = findings.spf;
  if (settings_.spf_domain && spf && spf->result == SpfResult::Pass && spf->names_client &&
      spf->identity == SpfIdentity::Mailfrom && !facts.envelope.sender.is_null())
    return "spf:" + sender_domain(spf->domain, *session.client);
  if (!settings_.host_domain || !provider) return std::nullopt;
  return "host:" + *provider;
}

void Greylist::note_passage(const Approach& what, Findings& findings) const {
  if (settings_.rules.trust_after == 0) return;
  auto& passages = findings.passages;
  for (const std::string& client : {what.lapses ? std::string() : what.client, what.voucher})
    if (!client.empty() && std::find(passages.begin(), passages.end(), client) == passages.end())
      passages.push_back(client);
}

void Greylist::conclude(const Facts& facts, Findings& findings) const {
  if (stage_ != Stage::Rcpt || findings.passages.empty()) return;
  store_->count_passage(findings.passages, settings_.rules, facts.now, facts.deadline);
}

Header greylist_header(Seconds delayed, std::string_view host, std::string_view signs, TimePoint now) {
  std::string value =
      "delayed " + std::to_string(delayed.count()) + " seconds by mailreeve at " + std::string(host);
  if (!signs.empty()) value.append("\n\t(").append(signs).append(")");
  return {"X-Greylist", value + ";\n\t" + format_rfc5322(now)};
}

}  // namespace mailreeve
