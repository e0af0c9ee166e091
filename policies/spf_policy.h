// SPDX-License-Identifier: BSD-2-Clause
// Applies SPF (RFC 7208) to mail: one action per result. Checks once per message,
// at the first recipient.
#ifndef MAILREEVE_POLICIES_SPF_POLICY_H
#define MAILREEVE_POLICIES_SPF_POLICY_H

#include <memory>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "policies/spf_settings.h"
#include "spf/engine.h"

namespace mailreeve {

// Checks HELO first, if requested, where only a fail decides; else the sender (RFC
// 7208 section 2.3). For the null sender there is only HELO (section 2.4), and every
// result decides. Ignores the query's identity.
SpfOutcome check_identities(const SpfEngine& engine, SpfQuery query, bool check_helo, TimePoint now,
                            Deadline deadline);

class SpfPolicy final : public Policy {
 public:
  // `receiver` is our name; empty: the MTA's. The database knows which recipients' domains have opted in.
  SpfPolicy(SpfSettings settings, std::string receiver, std::shared_ptr<const SpfEngine> engine,
            std::shared_ptr<PolicyDb> db)
      : settings_(std::move(settings)),
        receiver_(std::move(receiver)),
        engine_(std::move(engine)),
        db_(std::move(db)) {}

  std::string_view name() const override { return "spf"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  SpfOutcome check(const Facts& facts) const;
  const Action& action_for(SpfResult result) const;

  SpfSettings settings_;
  std::string receiver_;
  std::shared_ptr<const SpfEngine> engine_;
  std::shared_ptr<PolicyDb> db_;
};

// One sentence about a result, for a reply or a comment, without a final dot.
// Printable ASCII if the outcome's fields are.
std::string spf_reason(const SpfOutcome& outcome, std::string_view client);

}  // namespace mailreeve

#endif
