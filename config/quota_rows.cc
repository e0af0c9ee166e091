// SPDX-License-Identifier: BSD-2-Clause
// Options of quotas.
#include "config/option_rows.h"

namespace mailreeve {

namespace {

void check_default_quota(std::string_view text) {
  if (text != "refuse" && text != "unlimited") parse_limits(text, {});
}

}  // namespace

std::vector<OptionRow> quota_rows() {
  using std::chrono::hours;
  constexpr Seconds kDay = hours(24);
  return {
      word_row(
          "quota.apply", Takes::AtReload, [](auto& s) -> auto& { return s.quota.apply; },
          "Whether outbound mail is counted and limited."),
      word_row(
          "quota.mode", Takes::AtReload, [](auto& s) -> auto& { return s.quota.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      checked(
          row(
              "quota.default", "refuse|unlimited|LIMITS", Takes::AtReload,
              [](auto& s) -> auto& { return s.quota.otherwise; },
              "The quota of users who have none in the policy database, nor has their domain, nor everybody.",
              "LIMITS are one or more of\n"
              ".Sm off\n.Op Cm recipients\\&: | Cm messages\\&:\n.Ar NUMBER\n.Op Cm / Ar WINDOW\n.Sm on\n"
              "that all hold at once, for example\n.Li 100/1h 1000/24h messages:500/day .\n"
              "A window is a duration, which slides, or\n.Cm day ,\nwhich restarts at\n.Cm reset-at .\n"
              "A sliding window is counted in 60 parts: never more than the limit is sent in any such\n"
              "span of time, and what was sent is forgotten up to a 60th of the window late."),
          check_default_quota),
      word_row(
          "quota.counting", Takes::AtReload, [](auto& s) -> auto& { return s.quota.counting; },
          "What a limit counts that does not say.", ".Cm both :\neach of them, by itself."),
      between(
          row(
              "quota.window", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.quota.window; },
              "The window of a limit that does not say, such as the plain numbers of CHAPPS."),
          Seconds(60), 366 * kDay),
      word_row(
          "quota.reset", Takes::AtReload, [](auto& s) -> auto& { return s.quota.reset; },
          "With daily, the window of a limit that does not say is the day."),
      {"quota.reset-at", "HH:MM", true, "When a day begins that limits count, in local time.", "",
       [](Settings& s, std::string_view text) { read_time_of_day(text, s.quota.reset_at); },
       [](const Settings& s) { return write_time_of_day(s.quota.reset_at); }},
      row(
          "quota.margin", "NUMBER|PERCENT%", Takes::AtReload, [](auto& s) -> auto& { return s.quota.margin; },
          "By how much a message that begins below a limit may exceed it.",
          "A whole number of what is counted, or a percentage of the limit, rounded down:\n.Li 10\nor\n"
          ".Li 10% ."),
      between(row(
                  "quota.min-interval", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.min_interval; },
                  "Least time between two messages of a user; 0: none.",
                  "Who is faster gets 450 4.7.28 and the seconds to wait, whatever\n.Cm over\nsays."),
              Seconds(0), Seconds(hours(1))),
      between(row(
                  "quota.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.ipv6_prefix; },
                  "How many leading bits of an IPv6 address make the user, if that is the client's address.",
                  "An IPv6 client has a whole network to send from, usually a /64; such a user is\nshown as\n"
                  ".Li 2001:db8:1:2::/64 .\nWith 128, each address is a user, shown without the prefix."),
              1U, 128U),
      word_row(
          "quota.count-refused", Takes::AtReload, [](auto& s) -> auto& { return s.quota.count_refused; },
          "Whether messages over quota, or too soon after another, count as if they had been sent.",
          "As in CHAPPS and PolicydRateGuard: who goes on trying stays over quota.\n"
          "Nothing is refused at MAIL then, since the recipients are counted."),
      word_row(
          "quota.over", Takes::AtReload, [](auto& s) -> auto& { return s.quota.over; },
          "What becomes of a message over quota.",
          "With\n.Cm defer ,\nthe client may send it when there is room again.\n"
          "A message that can never pass, because it has more recipients than a limit and its margin,\n"
          "or because the limit is 0, is refused with 550 5.7.28 and both numbers in any case."),
      row(
          "quota.message", "[CODE [ENHANCED]] TEXT", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.message; }, "What a client is told that is over quota.",
          "Codes left out are 450 4.7.28, or 550 5.7.28 with\n.Cm over = reject .\n"
          "In the text,\n.Cm {user} , {limit} , {used} , {window}\nand\n.Cm {recipients}\n"
          "(of this message) may be used,\n.Cm {release}\n"
          "for the seconds after which as much could be sent (0: unknown), and\n.Cm {ref}\n"
          "for the reference in the log."),
      word_row(
          "quota.on-failure", Takes::AtReload, [](auto& s) -> auto& { return s.quota.on_failure; },
          "What becomes of outbound mail while the state store or policy database does not answer.",
          ".Cm local :\nwhile the state store does not, quotas are counted in\n.Cm state.local ,\n"
          "by each host for itself and from nothing; otherwise it is as\n.Cm accept .\n"
          "A reload can turn to it only if the daemon was started with it here or in\n"
          ".Cm greylist.on-failure ."),
  };
}

}  // namespace mailreeve
