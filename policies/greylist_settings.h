// SPDX-License-Identifier: BSD-2-Clause
// The options of greylisting, with their defaults.
#ifndef MAILREEVE_POLICIES_GREYLIST_SETTINGS_H
#define MAILREEVE_POLICIES_GREYLIST_SETTINGS_H

#include "core/greylist_state.h"
#include "core/handling.h"
#include "core/verdict.h"

namespace mailreeve {

// Suspicious: mail from clients whose reputation is so. OptIn: mail to domains that the
// policy database opts in.
enum class GreylistApply { Suspicious, All, OptIn, Never };

struct GreylistSettings {
  GreylistApply apply = GreylistApply::Suspicious;
  Mode mode = Mode::Enforce;
  GreylistRules rules;
  unsigned ipv4_prefix = 24;
  unsigned ipv6_prefix = 64;
  bool spf_domain = true;
  bool host_domain = true;
  ReplyTemplate message{"451 4.7.1 Greylisted, please try again in {remaining} seconds ({ref})",
                        ReplyTemplate::Class::Temporary,
                        "451 4.7.1",
                        {"remaining", "delay"}};
  StoreFailure on_failure = StoreFailure::Accept;
};

}  // namespace mailreeve

#endif
