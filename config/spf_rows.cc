// SPDX-License-Identifier: BSD-2-Clause
// Options of SPF.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> spf_rows() {
  return {
      word_row(
          "spf.apply", Takes::AtReload, [](auto& s) -> auto& { return s.spf.apply; },
          "Mail to check with SPF (RFC 7208).",
          "A message is checked once, at its first recipient.\n.Cm opt-in :\n"
          "all mail is checked and gets its headers, but the\n.Cm on-\n"
          "options apply to mail to domains that the policy database opts in\n"
          ".Pq Ql mailreevectl domain check-spf ,\n"
          "directly, through the closest domain above, or through\n.Li * .\n.Cm never :\n"
          "SPF is not looked up, for reputation and access rules neither.\n"
          "Regardless of this option, the following are never checked: outbound mail, "
          "trusted-networks, trusted-relays, mail that did not come by SMTP, and clients without "
          "an address."),
      word_row(
          "spf.mode", Takes::AtReload, [](auto& s) -> auto& { return s.spf.mode; },
          "With monitor, log the refusals of this policy, but do not carry them out."),
      word_row(
          "spf.check-helo", Takes::AtReload, [](auto& s) -> auto& { return s.spf.check_helo; },
          "Check the HELO name before the sender.",
          "Of its results, only fail counts; otherwise the sender's result decides. The null "
          "sender is always checked by the HELO name."),
      word_row(
          "spf.engine", Takes::AtReload, [](auto& s) -> auto& { return s.spf.engine; },
          "Engine that evaluates SPF records.",
          ".Cm native\nis mailreeve's own and follows RFC 7208 in all of its published tests.\n"
          ".Cm libspf2\nis for comparison, if it was built in.\n"
          "The version in Debian 12 fails 77 of 203 of those tests, drops the end of records with "
          "64 or more ip4 terms, and has a stack overflow (CVE-2023-42118); mailreeve refuses the "
          "records that would trigger it. For these reasons it is not the default."),
      spf_row(
          "spf.on-pass", [](auto& s) -> auto& { return s.spf.on_pass; },
          "Action if the client may send for the domain.",
          ".Cm accept :\nno objection.\n.Cm greylist :\ngreylist the mail, even if\n"
          ".Cm greylist.apply\nis\n.Cm never .\n.Cm defer Ar text , Cm reject Ar text :\n"
          "refuse it, with\n.Ar [CODE [ENHANCED]] TEXT .\n"
          "Missing codes are 451 4.7.24 and 550 5.7.23 (RFC 7372); there is a default text. In a "
          "text,\n.Cm {reason}\nstands for the finding,\n.Cm {explanation}\n"
          "for the domain's own explanation of a fail, marked as such,\n.Cm {domain}\n"
          "for the domain that was checked,\n.Cm {client}\nfor the client's address and\n"
          ".Cm {ref}\nfor the reference in the log."),
      spf_row(
          "spf.on-fail", [](auto& s) -> auto& { return s.spf.on_fail; },
          "Action if the client may not send for the domain."),
      spf_row(
          "spf.on-softfail", [](auto& s) -> auto& { return s.spf.on_softfail; },
          "Action if the client probably may not send for the domain.",
          "RFC 7208 advises against refusing mail for this alone."),
      spf_row(
          "spf.on-neutral", [](auto& s) -> auto& { return s.spf.on_neutral; },
          "Action if the domain makes no statement about the client.",
          "RFC 7208 requires the same treatment as for\n.Cm on-none ."),
      spf_row(
          "spf.on-none", [](auto& s) -> auto& { return s.spf.on_none; },
          "Action if the domain has no record."),
      spf_row(
          "spf.on-temperror", [](auto& s) -> auto& { return s.spf.on_temperror; },
          "Action if DNS does not answer.",
          "With defer, a domain whose name servers are down for long loses its mail."),
      spf_row(
          "spf.on-permerror", [](auto& s) -> auto& { return s.spf.on_permerror; },
          "Action if the domain's record is invalid."),
      row(
          "spf.best-guess", "RECORD", Takes::AtReload, [](auto& s) -> auto& { return s.spf.best_guess; },
          "Record to use for a domain without one; empty: none.",
          "For example\n.Li v=spf1 a/24 mx/24 ptr .\n"
          "It counts only if one of its mechanisms matches, and never makes a domain a client of "
          "greylisting."),
      between(row(
                  "spf.void-lookups", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.spf.void_lookups; },
                  "Maximum number of terms of a record whose lookups find nothing; beyond it: permerror.",
                  "A term counts once, however many lookups it takes (RFC 7208 section 4.6.4)."),
              0U, 10U),
      between(row(
                  "spf.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.spf.timeout; },
                  "Maximum time to check one message; beyond it: temperror.",
                  "Leave some of\n.Cm deadline\nfor the other lookups."),
              Milliseconds(100), Milliseconds(25000)),
      row(
          "spf.trusted-relays", "LIST", Takes::AtReload,
          [](auto& s) -> auto& { return s.spf.trusted_relays; },
          "Clients that relay mail for others, such as a backup MX or a forwarder.",
          "Their mail is not checked, since the domain makes no statement about their address. It "
          "is greylisted like other mail, unless they are also in trusted-networks."),
  };
}

}  // namespace mailreeve
