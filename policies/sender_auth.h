// SPDX-License-Identifier: BSD-2-Clause
// Sender authorization: a user may send only as the addresses and domains that the
// policy database grants.
#ifndef MAILREEVE_POLICIES_SENDER_AUTH_H
#define MAILREEVE_POLICIES_SENDER_AUTH_H

#include <memory>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "policies/notices.h"
#include "policies/sender_auth_settings.h"

namespace mailreeve {

class SenderAuth final : public Policy {
 public:
  // At Stage::Mail it judges the envelope's sender, at Stage::End the addresses in From:.
  SenderAuth(SenderAuthSettings settings, Stage stage, std::shared_ptr<PolicyDb> db,
             std::shared_ptr<Notices> notices)
      : settings_(std::move(settings)), stage_(stage), db_(std::move(db)), notices_(std::move(notices)) {}

  std::string_view name() const override { return "sender-auth"; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return Direction::Outbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  Verdict judge_from(const Facts& facts, const UserPolicy& mine, const UserPolicy& everybody,
                     Findings& findings) const;
  Verdict refuse(const Facts& facts, std::string_view sender, std::string_view reason,
                 Findings& findings) const;

  SenderAuthSettings settings_;
  Stage stage_;
  std::shared_ptr<PolicyDb> db_;
  std::shared_ptr<Notices> notices_;
};

// Whether the grants cover this address: as it is, without its +extension,
// by its domain, by a domain above that (".example.com"), or by "*".
bool covers(const std::vector<std::string>& granted, const Address& address);

}  // namespace mailreeve

#endif
