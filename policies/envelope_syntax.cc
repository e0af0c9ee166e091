// SPDX-License-Identifier: BSD-2-Clause
#include "policies/envelope_syntax.h"

namespace mailreeve {

// The codes are those of RFC 3463 section 3.2.
Verdict EnvelopeSyntax::judge(const Facts& facts, Findings& /*findings*/) const {
  static const ReplyTemplate kSender("Bad sender address syntax ({ref})", ReplyTemplate::Class::Permanent,
                                     "501 5.1.7", {});
  static const ReplyTemplate kRecipient("Bad recipient address syntax ({ref})",
                                        ReplyTemplate::Class::Permanent, "501 5.1.3", {});
  if (!facts.session.smtp) return Verdict::pass();
  if (facts.envelope.sender.malformed())
    return Verdict::refuse(kSender.render({{"ref", facts.ref}}), "malformed-sender");
  if (facts.rcpt->malformed())
    return Verdict::refuse(kRecipient.render({{"ref", facts.ref}}), "malformed-recipient");
  return Verdict::pass();
}

}  // namespace mailreeve
