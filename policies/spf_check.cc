// SPDX-License-Identifier: BSD-2-Clause
#include "policies/spf_check.h"

#include <utility>

namespace mailreeve {

SpfOutcome check_identities(const SpfEngine& engine, SpfQuery query, bool check_helo, TimePoint now,
                            Deadline deadline) {
  const bool null_sender = query.sender.is_null();
  if (check_helo || null_sender) {
    query.identity = SpfIdentity::Helo;
    SpfOutcome helo = engine.check(query, now, deadline);
    if (null_sender || helo.result == SpfResult::Fail) return helo;
  }
  query.identity = SpfIdentity::Mailfrom;
  return engine.check(query, now, deadline);
}

SpfCheck::SpfCheck(const SpfSettings& settings, std::string receiver, std::shared_ptr<const SpfEngine> engine)
    : apply_(settings.apply),
      trusted_relays_(settings.trusted_relays),
      check_helo_(settings.check_helo),
      timeout_(settings.timeout),
      receiver_(std::move(receiver)),
      engine_(std::move(engine)) {}

const SpfOutcome* SpfCheck::outcome(const Facts& facts, Findings& findings) const {
  const Session& session = facts.session;
  if (apply_ == Apply::Never || session.trusted || !session.client ||
      contains(trusted_relays_, *session.client))
    return nullptr;
  if (!findings.spf) {
    const SpfQuery query{.client = *session.client,
                         .helo = session.helo,
                         .sender = facts.envelope.sender,
                         .receiver = receiver_.empty() ? session.mta : receiver_};
    findings.spf = check_identities(*engine_, query, check_helo_, facts.now, facts.deadline.within(timeout_));
  }
  return &*findings.spf;
}

}  // namespace mailreeve
