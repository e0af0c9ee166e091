// SPDX-License-Identifier: BSD-2-Clause
// Refuses a message whose sender or recipient is a malformed address, which is
// ambiguous. A sender is refused at RCPT, too, so that the MTA need not wait for an
// answer to each MAIL. Mail that did not come by SMTP passes.
#ifndef MAILREEVE_POLICIES_ENVELOPE_SYNTAX_H
#define MAILREEVE_POLICIES_ENVELOPE_SYNTAX_H

#include <string_view>

#include "core/policy.h"

namespace mailreeve {

class EnvelopeSyntax final : public Policy {
 public:
  explicit EnvelopeSyntax(Direction direction) : direction_(direction) {}

  std::string_view name() const override { return "envelope"; }
  Stage stage() const override { return Stage::Rcpt; }
  Direction direction() const override { return direction_; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  Direction direction_;
};

}  // namespace mailreeve

#endif
