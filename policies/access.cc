// SPDX-License-Identifier: BSD-2-Clause
#include "policies/access.h"

namespace mailreeve {

namespace {

class MessageLookups final : public AccessLookups {
 public:
  MessageLookups(const Access::Sources& sources, const Facts& facts, Findings& findings)
      : sources_(sources), facts_(facts), findings_(findings), deadline_(facts.of_dns()) {}

  std::optional<SpfResult> spf() override {
    const SpfOutcome* outcome = sources_.spf ? sources_.spf->outcome(facts_, findings_) : nullptr;
    return outcome == nullptr ? std::nullopt : std::optional(outcome->result);
  }
  std::optional<bool> listed(std::span<const std::string> zones) override {
    if (!sources_.lists || !facts_.session.client) return std::nullopt;
    return sources_.lists->listed(*facts_.session.client, zones, deadline_);
  }

 private:
  const Access::Sources& sources_;
  const Facts& facts_;
  Findings& findings_;
  // Of all rules together: each may name a list that does not answer.
  const Deadline deadline_;
};

AccessSubject subject_of(const Facts& facts) {
  AccessSubject out = AccessSubject::of(facts.session, facts.envelope, facts.now);
  if (facts.rcpt != nullptr) out.recipient.emplace(*facts.rcpt);
  return out;
}

AccessFinding finding_of(const AccessRule& rule) {
  AccessFinding out{.skips = rule.skips, .greylist = false, .delay = rule.delay, .rule = rule.source};
  if (rule.action == AccessAction::AcceptAll) out.skips = Skips::all();
  out.greylist = rule.action == AccessAction::Greylist;
  return out;
}

Verdict refuse(const AccessRule& rule, const Facts& facts) {
  const std::string client = facts.session.client ? facts.session.client->text() : "";
  const std::string sender = facts.envelope.sender.is_null() ? "<>" : facts.envelope.sender.text();
  return Verdict::refuse(
      rule.reply_or_default().render(
          {{"client", client}, {"sender", sender}, {"recipient", facts.rcpt->text()}, {"ref", facts.ref}}),
      "rule");
}

}  // namespace

Verdict Access::judge(const Facts& facts, Findings& findings) const {
  const AccessRules::Parts rules = sources_.rules->in_force();
  if (rules.empty()) return Verdict::pass();
  MessageLookups lookups(sources_, facts, findings);
  const AccessRule* rule = rules.first(subject_of(facts), lookups);
  if (rule == nullptr) return Verdict::pass();

  AccessFinding& finding = stage_ == Stage::Rcpt ? findings.access : findings.access_of_message;
  finding = finding_of(*rule);
  if (mode_ == Mode::Monitor) finding = {.skips = {}, .greylist = false, .delay = {}, .rule = rule->source};
  switch (rule->action) {
    case AccessAction::AcceptAll:
      return mode_ == Mode::Monitor ? Verdict::pass("accept-all") : Verdict::allow("accept-all");
    case AccessAction::Skip:
      return Verdict::pass("skip");
    case AccessAction::Greylist:
      return Verdict::pass("greylist");
    case AccessAction::Defer:
    case AccessAction::Reject:
      // Of a message, each recipient is refused.
      return stage_ == Stage::Rcpt ? refuse(*rule, facts) : Verdict::pass();
  }
  return Verdict::pass();
}

}  // namespace mailreeve
