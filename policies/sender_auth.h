// SPDX-License-Identifier: BSD-2-Clause
// Sender authorization: a user sends as the addresses and domains that the
// policy database grants, and as nobody else.
#ifndef MAILREEVE_POLICIES_SENDER_AUTH_H
#define MAILREEVE_POLICIES_SENDER_AUTH_H

#include <memory>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "policies/notices.h"

namespace mailreeve {

class SenderAuth final : public Policy {
 public:
  enum class Apply { All, Listed, Never };  // Listed: to users to whom anything is granted
  struct Rules {
    Apply apply;
    bool null_sender;       // may be used by all
    bool own_address;       // a user whose name is an address, and verified, may use that
    ReplyTemplate message;  // may use {sender} and {user}
    bool log_only;          // at Stage::End: refuses nothing, but says what it would have
  };

  // At Stage::Mail it judges the envelope's sender, at Stage::End the addresses in From:.
  SenderAuth(Rules rules, Stage stage, std::shared_ptr<PolicyDb> db, std::shared_ptr<Notices> notices)
      : rules_(std::move(rules)), stage_(stage), db_(std::move(db)), notices_(std::move(notices)) {}

  std::string_view name() const override { return "sender-auth"; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return Direction::Outbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  Verdict judge_from(const Facts& facts, const UserPolicy& mine, const UserPolicy& everybody,
                     Findings& findings) const;
  Verdict refuse(const Facts& facts, std::string_view sender, std::string_view reason,
                 Findings& findings) const;

  Rules rules_;
  Stage stage_;
  std::shared_ptr<PolicyDb> db_;
  std::shared_ptr<Notices> notices_;
};

// Whether what is granted covers this address: as it is, without its +extension,
// by its domain, by a domain above that (".example.com"), or by "*".
bool covers(const std::vector<std::string>& granted, const Address& address);

}  // namespace mailreeve

#endif
