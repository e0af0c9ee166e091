// SPDX-License-Identifier: BSD-2-Clause
// Greylisting (RFC 6647): a client that is not known with this sender and
// recipient is asked to come back later; senders that queue do, most spam
// software does not.
#ifndef MAILREEVE_POLICIES_GREYLIST_H
#define MAILREEVE_POLICIES_GREYLIST_H

#include <memory>
#include <optional>
#include <string>

#include "core/policy.h"
#include "core/policy_db.h"
#include "core/state_store.h"

namespace mailreeve {

class Greylist final : public Policy {
 public:
  struct Rules {
    enum class Apply { All, OptIn, Never };
    Apply apply;
    GreylistRules timing;
    unsigned ipv4_prefix;   // 1 to 32
    unsigned ipv6_prefix;   // 1 to 128
    bool spf_domain;        // an SPF pass makes the sender's domain the client
    bool host_domain;       // else the client's verified name makes its domain the client
    ReplyTemplate message;  // may use {remaining} and {delay}, in seconds
  };

  // The database knows which recipients' domains have opted in.
  Greylist(Rules rules, std::shared_ptr<GreylistStore> store, std::shared_ptr<PolicyDb> db)
      : rules_(std::move(rules)), store_(std::move(store)), db_(std::move(db)) {}

  std::string_view name() const override { return "greylist"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return Direction::Inbound; }
  // One round trip, or none where greylisting does not apply.
  Verdict judge(const Facts& facts, Findings& findings) const override;
  // One round trip for a message that had to wait, or whose client is not trusted yet.
  void conclude(const Facts& facts, Findings& findings) const override;

 private:
  bool applies(const Facts& facts, const Findings& findings) const;
  Approach approach(const Facts& facts, const Findings& findings) const;
  std::optional<std::string> pool_of(const Facts& facts, const Findings& findings) const;
  void note_passage(const Approach& what, Findings& findings) const;

  Rules rules_;
  std::shared_ptr<GreylistStore> store_;
  std::shared_ptr<PolicyDb> db_;
};

// An X-Greylist header for a message whose recipient had to wait so long.
Header greylist_header(Seconds delayed, std::string_view host, TimePoint now);

}  // namespace mailreeve

#endif
