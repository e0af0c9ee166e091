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

// When mail from the null sender is told to wait.
enum class NullSenderWaits {
  Rcpt,  // as any other
  End,   // behind its content: a probe of an address, which has none, never is
};

struct GreylistSettings {
  GreylistApply apply = GreylistApply::Suspicious;
  Mode mode = Mode::Enforce;
  GreylistRules rules;
  unsigned ipv4_prefix = 24;
  unsigned ipv6_prefix = 64;
  NullSenderWaits null_sender = NullSenderWaits::End;
  Seconds correspondents{30 * 86400};  // 0: nobody
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
