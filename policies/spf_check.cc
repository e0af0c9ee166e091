// SPDX-License-Identifier: BSD-2-Clause
#include "policies/spf_check.h"

#include <utility>

namespace mailreeve {

SpfOutcome check_identities(const SpfEngine& engine, SpfQuery query, bool check_helo, TimePoint now,
                            Deadline deadline) {
  const bool null_sender = query.sender.is_null();
  if (check_helo && !null_sender) expect_identities(engine, query, check_helo);
  if (check_helo || null_sender) {
    query.identity = SpfIdentity::Helo;
    SpfOutcome helo = engine.check(query, now, deadline);
    if (null_sender || helo.result == SpfResult::Fail) return helo;
  }
  query.identity = SpfIdentity::Mailfrom;
  return engine.check(query, now, deadline);
}

void expect_identities(const SpfEngine& engine, SpfQuery query, bool check_helo) {
  const bool null_sender = query.sender.is_null();
  if (check_helo || null_sender) {
    query.identity = SpfIdentity::Helo;
    engine.expect(query);
  }
  if (null_sender) return;
  query.identity = SpfIdentity::Mailfrom;
  engine.expect(query);
}

SpfCheck::SpfCheck(const SpfSettings& settings, std::string receiver, std::shared_ptr<const SpfEngine> engine)
    : apply_(settings.apply),
      trusted_relays_(settings.trusted_relays),
      check_helo_(settings.check_helo),
      timeout_(settings.timeout),
      receiver_(std::move(receiver)),
      engine_(std::move(engine)) {}

const SpfOutcome* SpfCheck::outcome(const Facts& facts, Findings& findings) const {
  if (!is_checked(facts.session)) return nullptr;
  if (!findings.spf)
    findings.spf =
        check_identities(*engine_, query(facts), check_helo_, facts.now, facts.of_dns().within(timeout_));
  return &*findings.spf;
}

void SpfCheck::expect(const Facts& facts, const Findings& findings) const {
  if (is_checked(facts.session) && !findings.spf) expect_identities(*engine_, query(facts), check_helo_);
}

bool SpfCheck::is_checked(const Session& session) const {
  return apply_ != Apply::Never && !session.trusted && session.client &&
         !contains(trusted_relays_, *session.client);
}

SpfQuery SpfCheck::query(const Facts& facts) const {
  const Session& session = facts.session;
  return {.client = *session.client,
          .helo = session.helo,
          .sender = facts.envelope.sender,
          .receiver = receiver_.empty() ? session.mta : receiver_};
}

}  // namespace mailreeve
