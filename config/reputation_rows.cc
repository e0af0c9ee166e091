// SPDX-License-Identifier: BSD-2-Clause
// Options of reputation.
#include "config/option_rows.h"

namespace mailreeve {

std::vector<OptionRow> reputation_rows() {
  return {
      word_row(
          "reputation.apply", Takes::AtReload, [](auto& s) -> auto& { return s.reputation.apply; },
          "Mail whose client is judged by its HELO, host name, SPF and DNS lists.",
          "A client is trusted, clean or suspicious. Greylisting uses that\n"
          ".Pq Cm greylist.apply = suspicious ,\nand the log shows it with its\n"
          ".Ql signs :\nwhat spoke against the client, and the points for it. "
          "Regardless of this option, the following are not judged: outbound mail, "
          "trusted-networks, mail that did not come by SMTP, and clients without an address."),
      word_row(
          "reputation.mode", Takes::AtReload, [](auto& s) -> auto& { return s.reputation.mode; },
          "With monitor, log the refusals of this policy, but do not carry them out."),
      row(
          "reputation.points", "SIGN=POINTS ...", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.points; },
          "Points for each sign that a client is not a mail server of its sender.",
          "Signs that are not listed keep their defaults; 0 switches a sign off.\n"
          ".Bl -tag -width Ds -compact\n"
          ".It Cm helo-related\nThe HELO name is not the client's verified name, but below the same "
          "registered domain; or it is the client's address in brackets.\n"
          ".It Cm helo-unrelated\nThe HELO name is anything else.\n"
          ".It Cm helo-bare-address\nThe HELO name is an address without brackets, which RFC 5321 does not "
          "allow.\n"
          ".It Cm helo-missing\nThe client sent no HELO.\n"
          ".It Cm helo-ours\nThe HELO name is our name, or our address in brackets.\n"
          ".It Cm dynamic-name\nThe verified name looks like one that a provider assigns to its "
          "customers' lines\n.Pq Ql 192-0-2-1.dsl.example.net .\n"
          ".It Cm no-name\nThe MTA found no verified name of the client.\n"
          ".It Cm same-address\nThe sender is the recipient.\n"
          ".It Cm spf-none , spf-softfail , spf-fail\nThe result of SPF.\n.El"),
      row(
          "reputation.dynamic-names", "REGEXP", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.dynamic_names; },
          "Regular expression for dynamic names; replaces the built-in recognition.",
          "RE2 syntax; it ignores case and matches anywhere in the name. The built-in recognition looks for "
          "the client\\(aqs address in the name, and for words that providers use."),
      row(
          "reputation.static-names", "REGEXP", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.static_names; },
          "Regular expression for verified names that are never dynamic."),
      between(row(
                  "reputation.threshold", "POINTS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.reputation.threshold; },
                  "Number of points that makes a client suspicious."),
              1U, 1000U),
      row(
          "reputation.dnsbl", "ZONE[=ANSWERS][:WEIGHT] ...", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.dnsbl; },
          "DNS blacklists of addresses to query for the client (RFC 5782).",
          "Each list that lists the client\\(aqs address adds its weight (1 to 100; 1 if none is given).\n"
          "ANSWERS are the answers that count: addresses whose octets may be ranges, separated by slashes\n"
          ".Pq Li zen.example=127.0.0.2-11/127.0.0.20:3 ;\n"
          "without them, any does. A list may be there more than once, with a weight for each of its "
          "answers. "
          "All lists are asked at once, and only for what can change the outcome. "
          "An answer outside 127.0.0.0/8, or one by which a list refuses to answer\n"
          ".Pq Li 127.255.255.254 ,\n"
          "is an error, and never a listing. A list that gives errors, does not answer, or lists its "
          "test point for addresses that must not be listed, is set aside until a test finds it well "
          "again; the log and\n.Ql mailreevectl status\nsay so. Many lists have terms of use."),
      row(
          "reputation.rhsbl", "ZONE[=ANSWERS][:WEIGHT] ...", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.rhsbl; },
          "DNS blacklists of names to query for the client.",
          "The names are the client\\(aqs verified name, its HELO name and the sender\\(aqs domain. "
          "Their weights count as those of\n.Cm dnsbl ;\na list counts once."),
      row(
          "reputation.dnswl", "ZONE[=ANSWERS][:WEIGHT] ...", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.dnswl; },
          "DNS whitelists of addresses to query for the client.",
          "They come first: a client that they list is trusted, whatever else is known."),
      between(row(
                  "reputation.dnsbl-threshold", "WEIGHT", Takes::AtReload,
                  [](auto& s) -> auto& { return s.reputation.dnsbl_threshold; },
                  "Total weight of dnsbl and rhsbl that makes a client suspicious.",
                  "SPF does not vouch for such a client."),
              1U, 1000U),
      between(
          row(
              "reputation.dnswl-threshold", "WEIGHT", Takes::AtReload,
              [](auto& s) -> auto& { return s.reputation.dnswl_threshold; },
              "Total weight of dnswl that makes a client trusted.", "A trusted client is not greylisted."),
          1U, 1000U),
      between(row(
                  "reputation.remember", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.reputation.remember; },
                  "Time for which the state store remembers what dnsbl and dnswl say about an address; 0: "
                  "not at all.",
                  "All hosts of the store share it. Entries for other lists or thresholds do not count, "
                  "nor does what a list said that is set aside for wrong answers."),
              Seconds(0), 30 * std::chrono::seconds(std::chrono::hours(24))),
      word_row(
          "reputation.spf-vouches", Takes::AtReload,
          [](auto& s) -> auto& { return s.reputation.spf_vouches; },
          "Treat a client as clean, whatever its points, if it passes SPF by something that identifies "
          "it.",
          "The pass must identify the client in the way that\n.Cm greylist.spf-domain\n"
          "describes: a pass by\n.Cm all\nsays nothing about a client. A client on a DNS blacklist "
          "remains suspicious."),
      between(row(
                  "reputation.reject-threshold", "POINTS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.reputation.reject_threshold; },
                  "Number of points at which a suspicious client is refused; 0: never.",
                  "Counts the points of all signs and the weights of all blacklists."),
              0U, 1000U),
      reply_row(
          "reputation.message", [](auto& s) -> auto& { return s.reputation.message; },
          ReplyTemplate::Class::Permanent, "550 5.7.1", {"client"},
          "Reply to a client that is refused by reject-threshold.",
          "A 5xx reply, its enhanced status code and a text; missing codes are 550 5.7.1.\n"
          ".Cm {client}\nstands for the client's address, and\n.Cm {ref}\n"
          "for the reference that is also in the log."),
  };
}

}  // namespace mailreeve
