// SPDX-License-Identifier: BSD-2-Clause
// Options of sender authorization.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> sender_auth_rows() {
  return {
      word_row(
          "sender-auth.apply", Takes::AtReload, [](auto& s) -> auto& { return s.sender_auth.apply; },
          "Whose envelope senders are checked.",
          ".Cm all :\nevery user's; one to whom nothing is granted sends nothing.\n"
          ".Cm listed :\nthose of users to whom\n.Xr mailreevectl 8\nhas granted anything.\n"
          "A user may use the addresses and domains that are granted to it or to the user\n.Li * ,\n"
          "also with a\n.Li +extension ;\n.Li .example.com\ngrants all domains below example.com, and\n.Li "
          "*\n"
          "everything.\nA sender that is no address is refused.\n"
          ".Cm listed\nis no protection where one account may log in by several spellings: by one to which\n"
          "nothing is granted it sends as anybody.\n"
          "Set\n.Cm identity.default-realm ,\nor use\n.Cm all ."),
      word_row(
          "sender-auth.mode", Takes::AtReload, [](auto& s) -> auto& { return s.sender_auth.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      word_row(
          "sender-auth.null-sender", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.null_sender; },
          "Whether users may send with the null sender: bounces and receipts."),
      word_row(
          "sender-auth.own-address", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.own_address; },
          "Whether a user whose name is a mail address may use that without a grant.",
          "The name must come from\n.Cm auth_authen\nor\n.Cm cert_subject ;\n"
          "one that is the envelope's sender grants nothing, since the client chooses it."),
      word_row(
          "sender-auth.check-from", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.check_from; },
          "Whether the addresses in From: are checked as well.",
          "Every address in it must be one that the user may send as. With\n.Cm refuse ,\n"
          "a From: that cannot be read is refused, too. Headers are then asked of the MTA."),
      reply_row(
          "sender-auth.message", [](auto& s) -> auto& { return s.sender_auth.message; },
          ReplyTemplate::Class::Permanent, "550 5.7.1", {"sender", "user"},
          "What a client is told that may not use this sender.",
          "A 5xx reply, its enhanced status code and a text, in which\n.Cm {sender}\nand\n.Cm {user}\n"
          "may be used, and\n.Cm {ref}\nfor the reference in the log."),
      word_row(
          "sender-auth.on-failure", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.on_failure; },
          "What becomes of outbound mail while the policy database does not answer.",
          "What was asked lately is still known then, see\n.Cm policy-db.stale-ttl ."),
  };
}

}  // namespace mailreeve
