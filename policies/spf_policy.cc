// SPDX-License-Identifier: BSD-2-Clause
#include "policies/spf_policy.h"

#include <optional>

namespace mailreeve {

namespace {

// The domain's own words, marked as such: they are a stranger's.
std::string quoted_explanation(const SpfOutcome& outcome) {
  if (outcome.explanation.empty()) return "";
  return "The domain " + outcome.domain + " explains: " + outcome.explanation;
}

}  // namespace

Verdict SpfPolicy::judge(const Facts& facts, Findings& findings) const {
  // An exemption is not this policy's last word on the mail: it has none.
  const SpfOutcome* checked = check_->outcome(facts, findings);
  if (checked == nullptr) return Verdict::pass();

  const SpfOutcome& outcome = *checked;
  if (settings_.apply == Apply::OptIn && !db_->domain(facts.rcpt->domain(), facts.deadline).check_spf)
    return Verdict::pass("not-applied");
  const Action& action = action_for(outcome.result);
  if (action.kind() == Action::Kind::Greylist) findings.must_greylist = true;
  if (action.kind() == Action::Kind::Accept || action.kind() == Action::Kind::Greylist)
    return Verdict::pass(to_string(outcome.result));

  const std::string client = facts.session.client->text();
  const std::string reason = spf_reason(outcome, client);
  const std::string explanation = quoted_explanation(outcome);
  return Verdict::refuse(action.reply().render({{"reason", reason},
                                                {"explanation", explanation},
                                                {"domain", outcome.domain},
                                                {"client", client},
                                                {"ref", facts.ref}}),
                         to_string(outcome.result));
}

const Action& SpfPolicy::action_for(SpfResult result) const {
  switch (result) {
    case SpfResult::Pass:
      return settings_.on_pass;
    case SpfResult::Fail:
      return settings_.on_fail;
    case SpfResult::Softfail:
      return settings_.on_softfail;
    case SpfResult::Neutral:
      return settings_.on_neutral;
    case SpfResult::None:
      return settings_.on_none;
    case SpfResult::Temperror:
      return settings_.on_temperror;
    case SpfResult::Permerror:
      return settings_.on_permerror;
  }
  return settings_.on_none;
}

std::string spf_reason(const SpfOutcome& outcome, std::string_view client) {
  const std::string who(client);
  switch (outcome.result) {
    case SpfResult::Pass:
      return outcome.domain + " designates " + who + " as permitted sender";
    case SpfResult::Fail:
      return outcome.domain + " does not designate " + who + " as permitted sender";
    case SpfResult::Softfail:
      return outcome.domain + " discourages use of " + who + " as sender";
    case SpfResult::Neutral:
      return outcome.domain + " neither permits nor denies " + who;
    case SpfResult::None:
      return outcome.problem.empty() ? outcome.domain + " has no SPF record" : outcome.problem;
    case SpfResult::Temperror:
      return "temporary error with the SPF record of " + outcome.domain + ": " + outcome.problem;
    case SpfResult::Permerror:
      return "the SPF record of " + outcome.domain + " is wrong: " + outcome.problem;
  }
  return "";
}

}  // namespace mailreeve
