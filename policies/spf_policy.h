// SPDX-License-Identifier: BSD-2-Clause
// What an SPF result (RFC 7208) means for mail: one action per result. Checked
// once per message, at the first recipient.
#ifndef MAILREEVE_POLICIES_SPF_POLICY_H
#define MAILREEVE_POLICIES_SPF_POLICY_H

#include <memory>
#include <vector>

#include "core/action.h"
#include "core/policy.h"
#include "core/policy_db.h"
#include "spf/engine.h"

namespace mailreeve {

// HELO first, if that is wanted, of which only a fail decides; else the sender (RFC
// 7208 section 2.3). For the null sender, HELO is all there is (section 2.4), and
// every result decides. The query's identity is not used.
SpfOutcome check_identities(const SpfEngine& engine, SpfQuery query, bool check_helo, TimePoint now,
                            Deadline deadline);

class SpfPolicy final : public Policy {
 public:
  struct Rules {
    enum class Apply { All, OptIn, Never };
    Apply apply;
    bool check_helo;
    // What to do, by result.
    Action on_pass, on_fail, on_softfail, on_neutral, on_none, on_temperror, on_permerror;
    Milliseconds timeout;  // for both identities together
    std::vector<Network> trusted_relays;
    std::string receiver;  // our name; empty: the MTA's
  };

  // The database knows which recipients' domains have opted in.
  SpfPolicy(Rules rules, std::shared_ptr<const SpfEngine> engine, std::shared_ptr<PolicyDb> db)
      : rules_(std::move(rules)), engine_(std::move(engine)), db_(std::move(db)) {}

  std::string_view name() const override { return "spf"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  SpfOutcome check(const Facts& facts) const;
  const Action& action_for(SpfResult result) const;

  Rules rules_;
  std::shared_ptr<const SpfEngine> engine_;
  std::shared_ptr<PolicyDb> db_;
};

// One sentence on a result, for a reply or a comment; no dot at its end.
// Printable ASCII as far as the outcome's fields are.
std::string spf_reason(const SpfOutcome& outcome, std::string_view client);

}  // namespace mailreeve

#endif
