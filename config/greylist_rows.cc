// SPDX-License-Identifier: BSD-2-Clause
// Options of greylisting.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> greylist_rows() {
  constexpr Seconds kDay = std::chrono::hours(24);
  return {
      word_row(
          "greylist.apply", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.apply; },
          "Mail to greylist.",
          ".Cm suspicious :\nmail from clients whose\n.Cm reputation\n"
          "is suspicious. Everything else passes at once.\n"
          ".Cm opt-in :\nmail to domains that the policy database opts in\n"
          ".Pq Ql mailreevectl domain greylist ,\n"
          "directly, through the closest domain above, or through\n.Li * .\n"
          "Regardless of this option, the following are never greylisted: clients that have "
          "authenticated, trusted-networks, submission-networks, mail that did not come by SMTP, "
          "clients without an address, clients that a DNS whitelist trusts, and mail to postmaster "
          "and abuse."),
      word_row(
          "greylist.mode", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.mode; },
          "With monitor, log the refusals of this policy, but do not carry them out."),
      between(
          row(
              "greylist.delay", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.rules.delay; }, "Time that a new client has to wait."),
          Seconds(1), 30 * kDay),
      between(row(
                  "greylist.retry-window", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.retry_window; },
                  "Time for which a first attempt is remembered without a valid retry.",
                  "A first retry after that starts anew."),
              Seconds(2), 365 * kDay),
      between(row(
                  "greylist.keep", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.keep; },
                  "Time for which a tuple or client that has passed is remembered without mail.",
                  "Each use renews it. To avoid writing a busy tuple at each mail, the daemon may "
                  "remember it for up to a 32nd longer than this, and never for less."),
              Seconds(60), 3650 * kDay),
      word_row(
          "greylist.early-retry", Takes::AtReload,
          [](auto& s) -> auto& { return s.greylist.rules.early_retry; },
          "Effect of an attempt before the end of the delay.",
          "An attempt within 60 seconds of the last one counts as the same attempt, made at "
          "another MX.\n.Cm keep :\nnone; the first attempt counts.\n.Cm reset :\n"
          "the delay starts anew, if the attempt comes within\n.Cm reset-below\nof the first.\n"
          ".Cm penalty :\neach early attempt prolongs the delay by\n.Cm penalty ,\nup to\n"
          ".Cm max-delay ."),
      between(row(
                  "greylist.reset-below", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.reset_below; },
                  "Time after the first attempt within which another one resets the delay (early-retry = "
                  "reset)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.penalty", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.penalty; },
                  "Time that each early attempt adds to the delay (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.max-delay", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_delay; },
                  "Maximum delay including all penalties (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.trust-after", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.trust_after; },
                  "Number of messages after which a client is no longer greylisted; 0: never.",
                  "A message counts when it ends, if it passed because a tuple had waited, then or "
                  "earlier; one with several recipients counts once. It counts for the domain whose hosts "
                  "are one client\n"
                  ".Pq Cm spf-domain , host-domain ,\n"
                  "if it came from one, and for its host: the single address, since one host that retries "
                  "says nothing about its neighbours, or, if the host has a verified name that does not "
                  "look like a customer\\(aqs, the hosts of its network\n"
                  ".Pq Cm ipv4-prefix , ipv6-prefix\n"
                  "with names below the same registered domain. Mail passes if any of them is trusted."),
              0U, 1000000U),
      between(row(
                  "greylist.max-pending", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_pending; },
                  "Maximum number of tuples of one client that are remembered before their first retry.",
                  "Beyond that, the oldest one is forgotten. This limits the storage that a flood of spam "
                  "can use."),
              10U, 1000000U),
      between(row(
                  "greylist.max-tuples", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_tuples; },
                  "Maximum number of tuples of all clients in the state store.",
                  "Beyond that, the oldest tuples without a retry are forgotten, down to a quarter of "
                  "this number; then those that have passed and expire first. A million tuples take some "
                  "250 MB in SQLite or memory. In Redis, a walk over all keys counts the tuples from time "
                  "to time. For some minutes there may be more than this, and only tuples without a retry "
                  "are forgotten."),
              1000U, 1000000000U),
      between(row(
                  "greylist.ipv4-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv4_prefix; },
                  "Number of leading bits of an IPv4 address that form the client network.",
                  "A sender's outgoing hosts often share a /24; with 32, each address is a client."),
              1U, 32U),
      between(row(
                  "greylist.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv6_prefix; },
                  "Number of leading bits of an IPv6 address that form the client network."),
              1U, 128U),
      word_row(
          "greylist.null-sender", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.null_sender; },
          "When mail from the null sender is told to wait.",
          "Bounces come from the null sender, and so do the probes with which other servers find out "
          "whether a sender of theirs exists: MAIL FROM:<>, RCPT TO, QUIT.\n.Cm end :\n"
          "at the end of the message. A probe is answered 250 and leaves nothing behind; a bounce is "
          "deferred once its content has been sent, for all its recipients if one of them has to wait. "
          "This is the default: a server that is told 451 instead defers the mail of your users, mostly "
          "for longer than the delay, while what a bounce has to send twice is small.\n.Cm rcpt :\n"
          "at RCPT, as any other mail.\n"
          "Of one message, this concerns the first ten recipients.\n"
          "Some servers probe with another sender, such as postmaster or Postfix\\(aqs double-bounce. "
          "They are told 451 at RCPT, and 250 after the delay, at the next probe; Postfix probes again "
          "when the mail of your user is next tried."),
      between(
          row(
              "greylist.correspondents", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.correspondents; },
              "Time for which somebody whom a local user wrote to may answer without waiting; 0: no time.",
              "When an outbound message ends, the daemon remembers each of its recipients for its "
              "sender, for this time and up to a day longer, unless it has more than 50 recipients. "
              "Mail from that address to that user then passes where it would have to wait, also if "
              "the address has another +extension, serial number or host than before. It does not if "
              "SPF fails or softfails, or if an SPF result or an access rule demands greylisting. "
              "Anybody can write an address into MAIL FROM: this spares an acquaintance the wait and "
              "says nothing else for it.\n"
              "While the state store does not answer, outbound mail is not remembered and goes on; "
              "if it has said that mail must wait and then fails, the mail waits, whatever\n"
              ".Cm on-failure\nsays. A store of one host remembers 100,000 of them, those that end "
              "last."),
          Seconds(0), 365 * kDay),
      word_row(
          "greylist.spf-domain", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.spf_domain; },
          "Greylist mail with an SPF pass by its sender's domain instead of its client's network.",
          "A large provider often sends a retry from a different host than the first attempt. If "
          "SPF says that both may send for the domain, they are one client: the registered "
          "domain, so that a domain with a serial number in front is not a new client each time "
          "(names below a registered domain: within a /10 of IPv4 or a /29 of IPv6). The client's "
          "network vouches for the mail as well, and a message counts for both.\n"
          "Only a pass that identifies the client counts: its address is listed with\n"
          ".Cm ip4 , ip6 , a\nor\n.Cm mx ,\nalso through\n.Cm include\nand\n.Cm redirect ,\n"
          "but not by a name that depends on the client or the message\n.Pq Li %{i} ;\n"
          "and the records read up to that point vouch for no more than a /10 of IPv4 or a /29 of "
          "IPv6 in all. A pass by\n.Cm all , exists\nor\n.Cm ptr ,\n"
          "of an address that cannot be a host\\(aqs (loopback, link-local, multicast), of a best "
          "guess or with\n.Cm spf.engine = libspf2\n"
          "does not count: the network is then the client.\nRequires\n.Cm spf.apply ."),
      word_row(
          "greylist.host-domain", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.host_domain; },
          "Treat hosts with verified names below one domain as one client if SPF does not.",
          "Many providers send a retry, and each bounce, from another network. A host belongs to "
          "the registered domain of its name\n.Po\n.Ql mta7.out.example.co.uk\nto\n"
          ".Ql example.co.uk\n.Pc ,\n"
          "if the MTA has verified the name and it does not look like one that a provider assigns "
          "to its customers' lines\n.Pq Ql 192-0-2-1.dsl.example.net ."),
      reply_row(
          "greylist.message", [](auto& s) -> auto& { return s.greylist.message; },
          ReplyTemplate::Class::Temporary, "451 4.7.1", {"remaining", "delay"},
          "Reply to a client that has to wait.",
          "A 4xx reply, its enhanced status code and a text; missing codes are 451 4.7.1.\n"
          ".Cm {remaining}\nstands for the remaining seconds to wait,\n.Cm {delay}\n"
          "for the whole delay in seconds, and\n.Cm {ref}\n"
          "for the reference that is also in the log."),
      word_row(
          "greylist.on-failure", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.on_failure; },
          "Treatment of mail while the state store does not answer.",
          ".Cm accept :\nmail passes without greylisting.\n.Cm defer :\n"
          "it is answered with 451 4.3.0.\n.Cm local :\ngreylisting continues with\n"
          ".Cm state.local ;\n"
          "the daemon brings what it learns there to the shared store when that is back. The "
          "local store begins empty: a client that only the shared one knows must wait once more. "
          "If the local store fails, too, mail passes. A reload can change to\n.Cm local\n"
          "only if the daemon was started with it here or in\n.Cm quota.on-failure ."),
  };
}

}  // namespace mailreeve
