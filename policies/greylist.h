// SPDX-License-Identifier: BSD-2-Clause
// Greylisting (RFC 6647): asks a client that is not known with this sender and
// recipient to come back later; senders that queue do, most spam software does
// not.
#ifndef MAILREEVE_POLICIES_GREYLIST_H
#define MAILREEVE_POLICIES_GREYLIST_H

#include <memory>
#include <optional>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "core/state_store.h"
#include "policies/greylist_settings.h"

namespace mailreeve {

class Greylist final : public Policy {
 public:
  // The database knows which recipients' domains have opted in.
  Greylist(GreylistSettings settings, std::shared_ptr<GreylistStore> store, std::shared_ptr<PolicyDb> db)
      : settings_(std::move(settings)), store_(std::move(store)), db_(std::move(db)) {}

  std::string_view name() const override { return "greylist"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  // One round trip, or none if greylisting does not apply.
  Verdict judge(const Facts& facts, Findings& findings) const override;
  // One round trip for a message that had to wait, or whose client is not trusted yet.
  void conclude(const Facts& facts, Findings& findings) const override;

 private:
  GreylistRules rules_for(const AccessFinding& access) const;
  // Why this mail is not greylisted; none: it is.
  std::optional<std::string_view> spared(const Facts& facts, const Findings& findings) const;
  Approach approach(const Facts& facts, const Findings& findings) const;
  std::optional<std::string> pool_of(const Facts& facts, const Findings& findings) const;
  void note_passage(const Approach& what, Findings& findings) const;

  GreylistSettings settings_;
  std::shared_ptr<GreylistStore> store_;
  std::shared_ptr<PolicyDb> db_;
};

// An X-Greylist header for a message whose recipient had to wait for this time. `signs` as
// ReputationFinding has them; may be empty.
Header greylist_header(Seconds delayed, std::string_view host, std::string_view signs, TimePoint now);

}  // namespace mailreeve

#endif
