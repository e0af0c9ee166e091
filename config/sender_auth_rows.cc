// SPDX-License-Identifier: BSD-2-Clause
// Options of sender authorization.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> sender_auth_rows() {
  return {
      word_row(
          "sender-auth.apply", Takes::AtReload, [](auto& s) -> auto& { return s.sender_auth.apply; },
          "Users whose envelope senders are checked.",
          ".Cm all :\nall users; a user without grants cannot send.\n.Cm listed :\n"
          "users to whom\n.Xr mailreevectl 8\nhas granted anything.\n"
          "A user may send as the addresses and domains that are granted to it or to the user\n"
          ".Li * ,\nalso with a\n.Li +extension ;\n.Li .example.com\n"
          "grants all domains below example.com, and\n.Li *\ngrants everything.\n"
          "A sender that is not a valid address is refused.\n.Cm listed\n"
          "does not protect if one account may log in under several spellings: under one without "
          "grants, it may send as anybody. Set\n.Cm identity.default-realm ,\nor use\n.Cm all ."),
      word_row(
          "sender-auth.mode", Takes::AtReload, [](auto& s) -> auto& { return s.sender_auth.mode; },
          "With monitor, log the refusals of this policy, but do not carry them out."),
      word_row(
          "sender-auth.null-sender", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.null_sender; },
          "Treatment of the null sender, which bounces and receipts have."),
      word_row(
          "sender-auth.own-address", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.own_address; },
          "Allow a user whose name is a mail address to send as that address without a grant.",
          "The name must come from\n.Cm auth_authen\nor\n.Cm cert_subject ;\n"
          "a name from the envelope sender grants nothing, since the client chooses it."),
      word_row(
          "sender-auth.check-from", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.check_from; }, "Check the addresses in From: as well.",
          "The user must be permitted to send as every address in it. With\n.Cm refuse ,\n"
          "a From: that cannot be parsed is refused, too. The MTA must then send headers to the "
          "daemon."),
      reply_row(
          "sender-auth.message", [](auto& s) -> auto& { return s.sender_auth.message; },
          ReplyTemplate::Class::Permanent, "550 5.7.1", {"sender", "user"},
          "Reply to a client that may not use this sender.",
          "A 5xx reply, its enhanced status code and a text, which may contain\n"
          ".Cm {sender} , {user} ,\nand\n.Cm {ref}\nfor the reference in the log."),
      word_row(
          "sender-auth.on-failure", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.on_failure; },
          "Treatment of outbound mail while the policy database does not answer.",
          "Recent answers are still used, see\n.Cm policy-db.stale-ttl ."),
  };
}

}  // namespace mailreeve
