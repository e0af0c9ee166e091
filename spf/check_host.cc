// SPDX-License-Identifier: BSD-2-Clause
#include "spf/check_host.h"

#include "spf/evaluation.h"
#include "spf/extent.h"
#include "spf/identity.h"

namespace mailreeve {

namespace {

// There is no guess for a domain that does not exist.
bool lacks_record(const Judgement& judgement) {
  using Status = DnsAnswer::Status;
  return judgement.result == SpfResult::None &&
         (judgement.lookup == Status::Found || judgement.lookup == Status::NoData);
}

// An error in a guess is not the domain's error, and "default" tells nothing.
bool is_worth(const Judgement& guess) { return !guess.mechanism.empty() && guess.mechanism != "default"; }

}  // namespace

SpfOutcome check_host(const SpfQuery& query, Resolver& resolver, const SpfRules& rules, TimePoint now,
                      Deadline deadline) {
  const Identity identity = identity_of(query);
  SpfOutcome out = begin_outcome(query, identity);
  if (!out.problem.empty()) return out;

  Lookups lookups(query.client, resolver, rules.limits, deadline);
  Evaluation evaluation(query, identity, lookups, now);
  Judgement judgement = evaluation.check(identity.domain);
  if (!rules.best_guess.empty() && lacks_record(judgement)) {
    Judgement guess = evaluation.check_record(rules.best_guess, identity.domain);
    out.best_guess = is_worth(guess);
    if (out.best_guess) judgement = std::move(guess);
  }
  if (judgement.result == SpfResult::Fail) out.explanation = evaluation.explain(judgement);

  out.result = judgement.result;
  out.mechanism = std::move(judgement.mechanism);
  out.names_client = judgement.result == SpfResult::Pass && judgement.names_client && !out.best_guess &&
                     is_a_hosts(query.client) && !evaluation.extent().is_too_large();
  out.problem = std::move(judgement.problem);
  out.lookups = lookups.terms();
  out.void_lookups = lookups.voids();
  out.trace = evaluation.trace().take();
  return out;
}

void expect_record(const SpfQuery& query, Resolver& resolver) {
  const Identity identity = identity_of(query);
  if (!is_multi_label_domain(identity.domain)) return;
  const Question question{identity.domain, RecordType::TXT};
  resolver.expect(std::span(&question, 1));
}

}  // namespace mailreeve
