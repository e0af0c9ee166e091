// SPDX-License-Identifier: BSD-2-Clause
// Whose message it is: the one place that decides it. Quotas and the right to
// use a sender address go by this name.
#ifndef MAILREEVE_POLICIES_IDENTITY_H
#define MAILREEVE_POLICIES_IDENTITY_H

#include <span>
#include <string>

#include "core/policy.h"

namespace mailreeve {

// The first of these that is not empty; folded (an address as Address::folded(),
// anything else in lower case) and at most kMostIdentity octets. Empty: none is known.
std::string identify(const Session& session, const Envelope& envelope, std::span<const IdentitySource> from);
inline constexpr std::size_t kMostIdentity = 320;

// Refuses outbound mail of which nobody is known to be the sender.
class RequireIdentity final : public Policy {
 public:
  explicit RequireIdentity(ReplyTemplate message) : message_(std::move(message)) {}

  std::string_view name() const override { return "identity"; }
  Stage stage() const override { return Stage::Mail; }
  Direction direction() const override { return Direction::Outbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  ReplyTemplate message_;
};

}  // namespace mailreeve

#endif
