// SPDX-License-Identifier: BSD-2-Clause
// The SPF check (RFC 7208) of a message, which several policies need and one of them pays for.
#ifndef MAILREEVE_POLICIES_SPF_CHECK_H
#define MAILREEVE_POLICIES_SPF_CHECK_H

#include <memory>
#include <string>

#include "core/facts.h"
#include "policies/spf_settings.h"
#include "spf/engine.h"

namespace mailreeve {

// Checks HELO first, if requested, where only a fail decides; else the sender (RFC
// 7208 section 2.3). For the null sender there is only HELO (section 2.4), and every
// result decides. Ignores the query's identity.
SpfOutcome check_identities(const SpfEngine& engine, SpfQuery query, bool check_helo, TimePoint now,
                            Deadline deadline);

// Begins the lookups of the records that check_identities() begins with, and does not wait.
void expect_identities(const SpfEngine& engine, SpfQuery query, bool check_helo);

class SpfCheck {
 public:
  // `receiver` is our name; empty: the MTA's.
  SpfCheck(const SpfSettings& settings, std::string receiver, std::shared_ptr<const SpfEngine> engine);

  // The outcome for this message, from its first recipient on in findings.spf. Null if
  // it is not checked: by spf.apply, or for a client in trusted-networks or trusted-relays, or
  // without an address.
  const SpfOutcome* outcome(const Facts& facts, Findings& findings) const;
  // Begins the lookups that outcome() begins with, and does not wait: for those who ask DNS other
  // things before.
  void expect(const Facts& facts, const Findings& findings) const;

 private:
  bool is_checked(const Session& session) const;
  SpfQuery query(const Facts& facts) const;

  Apply apply_;
  std::vector<Network> trusted_relays_;
  bool check_helo_;
  Milliseconds timeout_;
  std::string receiver_;
  std::shared_ptr<const SpfEngine> engine_;
};

}  // namespace mailreeve

#endif
