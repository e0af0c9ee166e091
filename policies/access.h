// SPDX-License-Identifier: BSD-2-Clause
// Does what the first access rule that matches says, see mailreeve-rules(5): for each recipient; and before
// that for an outbound message, whose quota and sender are judged as a whole.
#ifndef MAILREEVE_POLICIES_ACCESS_H
#define MAILREEVE_POLICIES_ACCESS_H

#include <memory>

#include "access/access_rules.h"
#include "core/address_lists.h"
#include "core/policy.h"
#include "policies/spf_check.h"

namespace mailreeve {

class Access final : public Policy {
 public:
  // What it asks, if a rule requires that.
  struct Sources {
    std::shared_ptr<const AccessRules> rules;
    std::shared_ptr<const SpfCheck> spf;  // null: nothing is checked
    std::shared_ptr<AddressLists> lists;  // null: no list answers
  };
  // At Stage::Rcpt or Stage::Mail. With Mode::Monitor a rule keeps no policy from judging, and asks for
  // no greylisting; the log shows it.
  Access(Stage stage, Direction direction, Mode mode, Sources sources)
      : stage_(stage), direction_(direction), mode_(mode), sources_(std::move(sources)) {}

  std::string_view name() const override { return "access"; }
  Stage stage() const override { return stage_; }
  Direction direction() const override { return direction_; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  Stage stage_;
  Direction direction_;
  Mode mode_;
  Sources sources_;
};

}  // namespace mailreeve

#endif
