// SPDX-License-Identifier: BSD-2-Clause
// Quotas: limits on what each user may send. Charged when the recipients are known,
// all or nothing; checked already at MAIL, so that a user with nothing left stops there.
#ifndef MAILREEVE_POLICIES_QUOTA_H
#define MAILREEVE_POLICIES_QUOTA_H

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/policy.h"
#include "core/policy_db.h"
#include "core/state_store.h"
#include "policies/notices.h"
#include "policies/quota_settings.h"

namespace mailreeve {

struct Allowance {
  std::vector<Limit> limits;            // those in force; empty: none
  std::vector<Limit> without_raise;     // those that apply after a raise
  bool raise_ends = false;              // by itself
  std::string_view source = "default";  // "raised", "user", "domain", "everybody" or "default"
  std::string to;                       // the user, domain or "*" that has them; empty: the default
  std::string name;                     // of the quota that applies without a raise; may be empty
  std::string unreadable;               // text of the database that is not a limit
};

// The sources of a user's limits: its raise, its quota, the quota of the domain in its name, those of
// the domains above, the raise and the quota of everybody, the default.
struct AllowanceRules {
  std::optional<std::vector<Limit>> otherwise;  // none: users without a quota may send nothing
  LimitDefaults defaults;
};
Allowance allowance_of(const std::string& user, const AllowanceRules& rules, PolicyDb& db, TimePoint now,
                       Deadline deadline);

class Quota final : public Policy {
 public:
  // At Stage::Mail it checks, at Stage::Data it charges.
  Quota(QuotaSettings settings, Stage stage, std::shared_ptr<PolicyDb> db, std::shared_ptr<QuotaStore> store,
        std::shared_ptr<Notices> notices)
      : settings_(std::move(settings)),
        rules_{.otherwise = settings_.default_limits(), .defaults = settings_.defaults()},
        message_(settings_.reply()),
        stage_(stage),
        db_(std::move(db)),
        store_(std::move(store)),
        notices_(std::move(notices)) {}

  std::string_view name() const override { return "quota"; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return Direction::Outbound; }
  // One round trip to the store; a second one when a quota is first exceeded, for the notice.
  Verdict judge(const Facts& facts, Findings& findings) const override;
  void take_back(const Facts& facts, Findings& findings) const override;

 private:
  Verdict refuse(const Facts& facts, const Allowance& allowance, const QuotaAnswer& answer,
                 Findings& findings) const;
  bool never_passes(const Facts& facts, const Allowance& allowance, const QuotaAnswer& answer) const;
  Reply reply_for(const Facts& facts, const Limit& limit, const QuotaAnswer& answer) const;

  QuotaSettings settings_;
  AllowanceRules rules_;
  ReplyTemplate message_;
  Stage stage_;
  std::shared_ptr<PolicyDb> db_;
  std::shared_ptr<QuotaStore> store_;
  std::shared_ptr<Notices> notices_;
};

// Sets the day that `now` is in, if days begin so long after midnight, local time.
void set_day(QuotaRules& rules, TimePoint now, Seconds day_begins);

}  // namespace mailreeve

#endif
