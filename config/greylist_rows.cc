// SPDX-License-Identifier: BSD-2-Clause
// Options of greylisting.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> greylist_rows() {
  constexpr Seconds kDay = std::chrono::hours(24);
  return {
      word_row(
          "greylist.apply", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.apply; },
          "Whose mail is greylisted.",
          ".Cm opt-in :\nmail to domains for which the policy database says so\n"
          "(\n.Ql mailreevectl domain greylist ) ,\n"
          "or for the nearest domain above, or for\n.Li * .\nNever greylisted, whatever this says: clients "
          "that have "
          "authenticated, trusted-networks,\n"
          "submission-networks, mail that did not come by SMTP, clients without an address,\n"
          "and mail to postmaster and abuse."),
      word_row(
          "greylist.mode", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      between(
          row(
              "greylist.delay", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.rules.delay; }, "How long a new client has to wait."),
          Seconds(1), 30 * kDay),
      between(row(
                  "greylist.retry-window", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.retry_window; },
                  "How long a first attempt is remembered without a retry in time.",
                  "A first retry after that starts anew."),
              Seconds(2), 365 * kDay),
      between(row(
                  "greylist.keep", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.keep; },
                  "How long a tuple or client that has passed is remembered without mail.",
                  "Each use renews it. So that a busy tuple is not written at each mail, it may live up to a "
                  "32nd\n"
                  "longer than this, and never shorter."),
              Seconds(60), 3650 * kDay),
      word_row(
          "greylist.early-retry", Takes::AtReload,
          [](auto& s) -> auto& { return s.greylist.rules.early_retry; },
          "What an attempt before the end of the delay does.",
          "An attempt within 60 seconds of the last one is the same attempt, which a client makes at another "
          "MX.\n"
          ".Cm keep :\nnothing, the first attempt counts.\n"
          ".Cm reset :\nthe delay starts anew, if the attempt comes within\n.Cm reset-below\nof the first.\n"
          ".Cm penalty :\neach early attempt makes the delay longer by\n.Cm penalty ,\nup to\n.Cm max-delay "
          "."),
      between(row(
                  "greylist.reset-below", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.reset_below; },
                  "How early an attempt must be to start the delay anew (early-retry = reset)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.penalty", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.penalty; },
                  "What each early attempt adds to the delay (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(row(
                  "greylist.max-delay", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_delay; },
                  "Longest delay with all penalties (early-retry = penalty)."),
              Seconds(1), 30 * kDay),
      between(
          row(
              "greylist.trust-after", "NUMBER", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.rules.trust_after; },
              "Messages after which a client is not greylisted any more; 0: never.",
              "A client is a network, and also the domain whose hosts are one client\n"
              "(\n.Cm spf-domain ,\n.Cm host-domain ) .\n"
              "A message counts for each of them when it ends, if it was let through because a tuple had\n"
              "waited, then or earlier; several recipients of one message count once.\n"
              "Mail passes if either is trusted."),
          0U, 1000000U),
      between(row(
                  "greylist.max-pending", "NUMBER", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.rules.max_pending; },
                  "Tuples of one client that are remembered before their first retry.",
                  "Where there are more, the oldest is forgotten. It bounds what a flood of spam can store."),
              10U, 1000000U),
      between(
          row(
              "greylist.max-tuples", "NUMBER", Takes::AtReload,
              [](auto& s) -> auto& { return s.greylist.rules.max_tuples; },
              "Tuples of all clients together that the state store holds.",
              "Where there would be more, the oldest that have not been retried are forgotten, down to a "
              "quarter of this number; then those that have passed and end first.\n"
              "A million tuples take some 250 MB in SQLite or memory.\n"
              "In Redis, tuples are counted by a walk over all keys now and then. For some minutes there may "
              "be more than this, and only tuples that have not been retried are forgotten."),
          1000U, 1000000000U),
      between(row(
                  "greylist.ipv4-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv4_prefix; },
                  "How many leading bits of an IPv4 address make the client network.",
                  "A sender's outgoing hosts often share a /24; 32 takes each address by itself."),
              1U, 32U),
      between(row(
                  "greylist.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.greylist.ipv6_prefix; },
                  "How many leading bits of an IPv6 address make the client network."),
              1U, 128U),
      word_row(
          "greylist.spf-domain", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.spf_domain; },
          "Whether mail with an SPF pass is greylisted by its sender's domain instead of its client's "
          "network.",
          "A large provider sends a retry from another host than the first attempt.\n"
          "Where SPF says that both may send for the domain, they are one client: the registered domain,\n"
          "so that a domain with a serial number in front is no new client each time\n"
          "(names below a registered domain: within a /10 of IPv4 or a /29 of IPv6).\n"
          "The client's network vouches for it as well, and a message counts for both.\n"
          "Only a pass that says something about the client counts:\n"
          "its address is listed with\n.Cm ip4 , ip6 , a\nor\n.Cm mx ,\n"
          "through\n.Cm include\nand\n.Cm redirect ,\ntoo, but not by a name that depends on the client\n"
          "or the message\n(\n.Li %{i} ) ;\n"
          "and the records that were read up to there vouch for no more than a /10 of IPv4\n"
          "or a /29 of IPv6 in all.\n"
          "A pass by\n.Cm all , exists\nor\n.Cm ptr ,\nof an address that cannot be a host\\(aqs\n"
          "(loopback, link-local, multicast), of a best guess or with\n.Cm spf.engine = libspf2\n"
          "does not count: then the network is the client.\n"
          "Needs\n.Cm spf.apply ."),
      word_row(
          "greylist.host-domain", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.host_domain; },
          "Whether hosts with verified names below one domain are one client where SPF does not say so.",
          "Many providers send a retry, and each bounce, from another network. A host belongs to the\n"
          "registered domain of its name (\n.Ql mta7.out.example.co.uk\nto\n.Ql example.co.uk ) ,\n"
          "if the MTA has verified that name and it does not look like one that a provider gives to its\n"
          "customers' lines (\n.Ql 192-0-2-1.dsl.example.net ) ."),
      reply_row(
          "greylist.message", [](auto& s) -> auto& { return s.greylist.message; },
          ReplyTemplate::Class::Temporary, "451 4.7.1", {"remaining", "delay"},
          "What a client is told that has to wait.",
          "A 4xx reply, its enhanced status code and a text; codes left out are 451 4.7.1.\n"
          ".Cm {remaining}\nstands for the seconds left to wait,\n.Cm {delay}\n"
          "for the whole delay in seconds,\n.Cm {ref}\nfor the reference that also stands in the log."),
      word_row(
          "greylist.on-failure", Takes::AtReload, [](auto& s) -> auto& { return s.greylist.on_failure; },
          "What happens to mail while the state store does not answer.",
          ".Cm accept :\nit passes without greylisting.\n.Cm defer :\nit is answered with 451 4.3.0.\n"
          ".Cm local :\ngreylisting goes on with\n.Cm state.local ;\n"
          "what is learned there is brought to the shared store when that is back.\n"
          "That store begins empty: a client that only the shared one knows must wait once more.\n"
          "Where the local one fails, too, mail passes.\n"
          "A reload can turn to\n.Cm local\n"
          "only if the daemon was started with it here or in\n.Cm quota.on-failure ."),
  };
}

}  // namespace mailreeve
