// SPDX-License-Identifier: BSD-2-Clause
// Whom local users write to: a remote address that a local one has written to may answer without
// waiting, see Greylist.
#ifndef MAILREEVE_POLICIES_CORRESPONDENTS_H
#define MAILREEVE_POLICIES_CORRESPONDENTS_H

#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "core/policy.h"
#include "core/state_store.h"

namespace mailreeve {

inline const std::string kCorrespondentKind = "correspondent";

// What is remembered of a pair, in the form of greylisting's keys: whatever a system makes up in the
// remote address does not matter. None for the null sender, for addresses without a domain or of the
// same one, and for a pair that is too long to be remembered.
//   Alice+x@Example.net, List-Bounces+alice=example.net@mx1.Example.com
//     -> alice@example.net list-bounces@example.com
std::optional<std::string> correspondence(const Address& local, const Address& remote);

// Refuses nothing, and remembers the recipients of outbound messages when they end. Goes with
// greylisting.
class Correspondents final : public Policy {
 public:
  // A message to more is no correspondence.
  static constexpr std::size_t kMostRecipients = 50;

  // `keep` without the day that it is rounded up to.
  Correspondents(Seconds keep, std::shared_ptr<MemoStore> store) : keep_(keep), store_(std::move(store)) {}

  std::string_view name() const override { return "greylist"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Outbound; }
  Verdict judge(const Facts& /*facts*/, Findings& /*findings*/) const override { return Verdict::pass(); }
  // One call, whatever the number of recipients.
  void conclude(const Facts& facts, Findings& findings) const override;

 private:
  const Seconds keep_;
  const std::shared_ptr<MemoStore> store_;
};

}  // namespace mailreeve

#endif
