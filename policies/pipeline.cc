// SPDX-License-Identifier: BSD-2-Clause
#include "policies/pipeline.h"

#include <algorithm>

#include "util/backend_error.h"

namespace mailreeve {

void Pipeline::add(std::unique_ptr<const Policy> policy, Handling handling) {
  entries_.push_back({std::move(policy), handling});
}

bool Pipeline::has(Stage stage) const {
  return std::any_of(entries_.begin(), entries_.end(),
                     [&](const Entry& entry) { return entry.policy->stage() == stage; });
}

const Opinion& Decision::opinion() const {
  static const Opinion kNone;
  return decisive ? asked[*decisive] : kNone;
}

Decision Pipeline::judge(Stage stage, const Facts& facts, Findings& findings) const {
  Decision out;
  // What was found of one recipient says nothing of the next.
  if (stage == Stage::Rcpt) {
    findings.must_greylist = false;
    findings.reputation.reset();
    findings.access = {};
  }
  // At another stage a policy judges all recipients at once.
  const AccessFinding& access = stage == Stage::Rcpt ? findings.access : findings.access_of_message;
  for (const auto& entry : entries_) {
    const Policy& policy = *entry.policy;
    if (policy.stage() != stage || policy.direction() != facts.envelope.direction) continue;
    if (access.skips.has(policy.name())) continue;
    Opinion& opinion =
        out.asked.emplace_back(Opinion{.policy = policy.name(), .verdict = ask(entry, facts, findings)});
    opinion.monitored = entry.handling.mode == Mode::Monitor && opinion.verdict.refuses();
    if (opinion.monitored) continue;
    const bool final = opinion.verdict.kind() != Verdict::Kind::Pass;
    if (final || !opinion.verdict.reason().empty()) out.decisive = out.asked.size() - 1;
    if (final) break;
  }
  return out;
}

// The backend itself has told the log. Nothing can be refused any more.
template <class Tell>
void Pipeline::tell_all(const Facts& facts, Tell tell) const {
  for (const auto& entry : entries_) {
    if (entry.policy->direction() != facts.envelope.direction) continue;
    try {
      tell(*entry.policy);
    } catch (const BackendError&) {
      continue;
    }
  }
}

void Pipeline::take_back(const Facts& facts, Findings& findings) const {
  tell_all(facts, [&](const Policy& policy) { policy.take_back(facts, findings); });
}

void Pipeline::conclude(const Facts& facts, Findings& findings) const {
  tell_all(facts, [&](const Policy& policy) { policy.conclude(facts, findings); });
}

Verdict Pipeline::ask(const Entry& entry, const Facts& facts, Findings& findings) {
  try {
    return entry.policy->judge(facts, findings);
  } catch (const BackendError&) {
    // The backend itself tells the log, once, when it goes and when it is back.
    if (entry.handling.on_failure == OnFailure::Accept) return Verdict::pass("backend-failed");
    static const ReplyTemplate kReply("Temporary local problem, please try again later ({ref})",
                                      ReplyTemplate::Class::Temporary, "451 4.3.0", {});
    return Verdict::refuse(kReply.render({{"ref", facts.ref}}), "backend-failed");
  }
}

}  // namespace mailreeve
