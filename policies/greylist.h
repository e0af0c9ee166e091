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
  // At Stage::Rcpt it judges recipients, and holds those of the null sender until Stage::Data if
  // the settings say so. The database knows which recipients' domains have opted in.
  Greylist(GreylistSettings settings, Stage stage, std::shared_ptr<StateStore> store,
           std::shared_ptr<PolicyDb> db)
      : settings_(std::move(settings)), stage_(stage), store_(std::move(store)), db_(std::move(db)) {}

  std::string_view name() const override { return "greylist"; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return Direction::Inbound; }
  // One round trip a recipient, or none if greylisting does not apply; two for one that has to wait,
  // unless its sender turns out to be a correspondent.
  Verdict judge(const Facts& facts, Findings& findings) const override;
  // One round trip for a message that had to wait, or whose client is not trusted yet.
  void conclude(const Facts& facts, Findings& findings) const override;

 private:
  // Recipients of the null sender beyond this number are judged at once: bounces have one.
  static constexpr std::size_t kMostHeld = 10;

  Verdict judge_recipient(const Facts& facts, Findings& findings) const;
  Verdict judge_held(const Facts& facts, Findings& findings) const;
  Passage ask(const Facts& facts, const GreylistRules& rules, Findings& findings) const;
  Verdict verdict_on(const Passage& passage, const GreylistRules& rules, const Facts& facts) const;
  bool waits_for_the_end(const Facts& facts, const Findings& findings) const;
  bool corresponds(const Facts& facts, const Findings& findings) const;
  // Why this mail is not greylisted; none: it is.
  std::optional<std::string_view> spared(const Facts& facts, const Findings& findings) const;
  GreylistRules rules_for(const std::optional<Seconds>& delay) const;
  Approach approach(const Facts& facts, const Findings& findings) const;
  std::optional<std::string> pool_of(const Facts& facts, const Findings& findings,
                                     const std::optional<std::string>& provider) const;
  void note_passage(const Approach& what, Findings& findings) const;

  GreylistSettings settings_;
  Stage stage_;
  std::shared_ptr<StateStore> store_;
  std::shared_ptr<PolicyDb> db_;
};

// An X-Greylist header for a message whose recipient had to wait for this time. `signs` as
// ReputationFinding has them; may be empty.
Header greylist_header(Seconds delayed, std::string_view host, std::string_view signs, TimePoint now);

}  // namespace mailreeve

#endif
