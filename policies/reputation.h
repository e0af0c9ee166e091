// SPDX-License-Identifier: BSD-2-Clause
// Judges a client by what is known about it before the message is seen: its HELO, its host
// name, SPF and the lists of others. What it finds is for greylisting; by itself it refuses
// only above a threshold that the admin has set.
#ifndef MAILREEVE_POLICIES_REPUTATION_H
#define MAILREEVE_POLICIES_REPUTATION_H

#include <memory>
#include <string>

#include "access/regexps.h"
#include "core/policy.h"
#include "policies/client_listings.h"
#include "policies/reputation_settings.h"
#include "policies/spf_check.h"

namespace mailreeve {

class Reputation final : public Policy {
 public:
  // `our_name` is what we are called; empty: the MTA's name.
  Reputation(ReputationSettings settings, std::string our_name, std::shared_ptr<const SpfCheck> spf,
             ClientListings listings);

  std::string_view name() const override { return "reputation"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  // Asks DNS at the first recipient only, and only for what can still change the outcome.
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  class Count;
  void count_client(Count& count, const Facts& facts) const;
  bool is_dynamic(const Session& session) const;
  // True: a list that vouches for the client decides.
  bool count_listings(Count& count, const Facts& facts, Findings& findings) const;
  bool is_listed(const Count& count) const;
  bool needs_spf(const Count& count) const;
  bool is_vouched_for(Count& count, const Facts& facts, Findings& findings) const;

  ReputationSettings settings_;
  Regexps dynamic_names_;
  Regexps static_names_;
  std::string our_name_;
  std::shared_ptr<const SpfCheck> spf_;
  ClientListings listings_;
};

}  // namespace mailreeve

#endif
