// SPDX-License-Identifier: BSD-2-Clause
// Options of SPF.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> spf_rows() {
  return {
      word_row(
          "spf.apply", Takes::AtReload, [](auto& s) -> auto& { return s.spf.apply; },
          "Whose mail is checked with SPF (RFC 7208).",
          "Checked once for a message, at its first recipient.\n"
          ".Cm opt-in :\nall mail is checked and gets its headers, but the\n.Cm on-\n"
          "options are for mail to domains for which the policy database says so\n"
          "(\n.Ql mailreevectl domain check-spf ) ,\n"
          "or for the nearest domain above, or for\n.Li * .\n"
          "Never checked, whatever this says: outbound mail, trusted-networks, trusted-relays,\n"
          "mail that did not come by SMTP and clients without an address."),
      word_row(
          "spf.mode", Takes::AtReload, [](auto& s) -> auto& { return s.spf.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      word_row(
          "spf.check-helo", Takes::AtReload, [](auto& s) -> auto& { return s.spf.check_helo; },
          "Whether the name in HELO is checked before the sender.",
          "Of its results only fail counts; otherwise the sender's result decides.\n"
          "The null sender is always checked by the name in HELO."),
      word_row(
          "spf.engine", Takes::AtReload, [](auto& s) -> auto& { return s.spf.engine; }, "Who evaluates.",
          ".Cm native\nis mailreeve's own and follows RFC 7208 in all of its published tests.\n"
          ".Cm libspf2\nis there for comparison, if it was built in.\n"
          "As Debian 12 ships it, that library fails 77 of 203 of those tests, drops the end of records "
          "with\n"
          "64 or more ip4 terms, and has a stack overflow (CVE-2023-42118), which mailreeve keeps from\n"
          "being reached by refusing the records that would do it.\n"
          "That is why it is not the default."),
      spf_row(
          "spf.on-pass", [](auto& s) -> auto& { return s.spf.on_pass; },
          "What to do when the client may send for the domain.",
          ".Cm accept :\nno objection.\n.Cm greylist :\ngreylist it, also where\n.Cm greylist.apply\nis\n"
          ".Cm never .\n.Cm defer Ar text , Cm reject Ar text :\nrefuse it, with\n"
          ".Ar [CODE [ENHANCED]] TEXT .\n"
          "Codes left out are 451 4.7.24 and 550 5.7.23 (RFC 7372); without a text, there is a default one.\n"
          "In a text,\n.Cm {reason}\nstands for what was found,\n.Cm {explanation}\n"
          "for the domain's own words about a fail, marked as such,\n.Cm {domain}\n"
          "for the domain that was asked,\n.Cm {client}\nfor the client's address and\n.Cm {ref}\n"
          "for the reference in the log."),
      spf_row(
          "spf.on-fail", [](auto& s) -> auto& { return s.spf.on_fail; },
          "What to do when the client may not."),
      spf_row(
          "spf.on-softfail", [](auto& s) -> auto& { return s.spf.on_softfail; },
          "What to do when it probably may not.", "RFC 7208 advises against refusing mail for this alone."),
      spf_row(
          "spf.on-neutral", [](auto& s) -> auto& { return s.spf.on_neutral; },
          "What to do when the domain does not say.", "RFC 7208 wants it to be treated like\n.Cm on-none ."),
      spf_row(
          "spf.on-none", [](auto& s) -> auto& { return s.spf.on_none; },
          "What to do when there is no record."),
      spf_row(
          "spf.on-temperror", [](auto& s) -> auto& { return s.spf.on_temperror; },
          "What to do when DNS does not answer.",
          "A domain whose servers are down for long loses its mail if this is defer."),
      spf_row(
          "spf.on-permerror", [](auto& s) -> auto& { return s.spf.on_permerror; },
          "What to do when the domain's record is wrong."),
      row(
          "spf.best-guess", "RECORD", Takes::AtReload, [](auto& s) -> auto& { return s.spf.best_guess; },
          "A record to try where a domain has none; empty: none.",
          "For example\n.Li v=spf1 a/24 mx/24 ptr .\n"
          "It counts only if one of its mechanisms matches, and never makes a domain a client of "
          "greylisting."),
      between(row(
                  "spf.void-lookups", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.spf.void_lookups; },
                  "Terms of a record whose lookups may find nothing; more: permerror.",
                  "A term counts once, however many lookups it takes (RFC 7208 section 4.6.4)."),
              0U, 10U),
      between(row(
                  "spf.timeout", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.spf.timeout; },
                  "Longest time for the check of one message; then: temperror.",
                  "It should leave some of\n.Cm deadline\nfor what comes after."),
              Milliseconds(100), Milliseconds(25000)),
      row(
          "spf.trusted-relays", "LIST", Takes::AtReload,
          [](auto& s) -> auto& { return s.spf.trusted_relays; },
          "Clients that relay mail for others: a backup MX, a forwarder.",
          "What they send is not checked, since it is not their address that the domain speaks of.\n"
          "It is greylisted like other mail, unless they are in trusted-networks as well."),
  };
}

}  // namespace mailreeve
