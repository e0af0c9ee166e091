// SPDX-License-Identifier: BSD-2-Clause
// The options of sender authorization, with their defaults.
#ifndef MAILREEVE_POLICIES_SENDER_AUTH_SETTINGS_H
#define MAILREEVE_POLICIES_SENDER_AUTH_SETTINGS_H

#include "core/handling.h"
#include "core/verdict.h"

namespace mailreeve {

// Listed: to users to whom anything is granted.
enum class SenderAuthApply { All, Listed, Never };
enum class NullSender { Allow, Refuse };
enum class CheckFrom { No, Log, Refuse };

struct SenderAuthSettings {
  SenderAuthApply apply = SenderAuthApply::Listed;
  Mode mode = Mode::Enforce;
  NullSender null_sender = NullSender::Allow;
  bool own_address = true;
  CheckFrom check_from = CheckFrom::No;
  ReplyTemplate message{"550 5.7.1 You may not send mail as {sender} ({ref})",
                        ReplyTemplate::Class::Permanent,
                        "550 5.7.1",
                        {"sender", "user"}};
  OnFailure on_failure = OnFailure::Accept;
};

}  // namespace mailreeve

#endif
