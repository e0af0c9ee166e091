// SPDX-License-Identifier: BSD-2-Clause
// Applies SPF (RFC 7208) to mail: one action per result. Checks once per message,
// at the first recipient.
#ifndef MAILREEVE_POLICIES_SPF_POLICY_H
#define MAILREEVE_POLICIES_SPF_POLICY_H

#include <memory>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "policies/spf_check.h"
#include "policies/spf_settings.h"

namespace mailreeve {

class SpfPolicy final : public Policy {
 public:
  // The database knows which recipients' domains have opted in.
  SpfPolicy(SpfSettings settings, std::shared_ptr<const SpfCheck> check, std::shared_ptr<PolicyDb> db)
      : settings_(std::move(settings)), check_(std::move(check)), db_(std::move(db)) {}

  std::string_view name() const override { return "spf"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  const Action& action_for(SpfResult result) const;

  SpfSettings settings_;
  std::shared_ptr<const SpfCheck> check_;
  std::shared_ptr<PolicyDb> db_;
};

// One sentence about a result, for a reply or a comment, without a final dot.
// Printable ASCII if the outcome's fields are.
std::string spf_reason(const SpfOutcome& outcome, std::string_view client);

}  // namespace mailreeve

#endif
