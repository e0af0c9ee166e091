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
          "Outbound mail to count and limit."),
      word_row(
          "quota.mode", Takes::AtReload, [](auto& s) -> auto& { return s.quota.mode; },
          "With monitor, log the refusals of this policy, but do not carry them out."),
      checked(row(
                  "quota.default", "refuse|unlimited|LIMITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.otherwise; },
                  "Quota of users to whom no quota in the policy database applies.",
                  "LIMITS are one or more of\n.Sm off\n.Op Cm recipients\\&: | Cm messages\\&:\n"
                  ".Ar NUMBER\n.Op Cm / Ar WINDOW\n.Sm on\nthat all apply at once, for example\n"
                  ".Li 100/1h 1000/24h messages:500/day .\nA window is a duration, which slides, or\n"
                  ".Cm day ,\nwhich restarts at\n.Cm reset-at .\n"
                  "A sliding window is counted in 60 parts: no such span of time ever contains more than "
                  "the limit, and what was sent may count for up to a 60th of the window too long."),
              check_default_quota),
      word_row(
          "quota.counting", Takes::AtReload, [](auto& s) -> auto& { return s.quota.counting; },
          "Unit of a limit that does not specify one.", ".Cm both :\neach of them, separately."),
      between(
          row(
              "quota.window", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.quota.window; },
              "Window of a limit that does not specify one, such as the plain numbers of CHAPPS."),
          Seconds(60), 366 * kDay),
      word_row(
          "quota.reset", Takes::AtReload, [](auto& s) -> auto& { return s.quota.reset; },
          "Window of a limit that does not specify one: sliding, or with daily, the day."),
      {"quota.reset-at", "HH:MM", true, "Local time at which the day of a limit begins.", "",
       [](Settings& s, std::string_view text) { read_time_of_day(text, s.quota.reset_at); },
       [](const Settings& s) { return write_time_of_day(s.quota.reset_at); }},
      row(
          "quota.margin", "NUMBER|PERCENT%", Takes::AtReload, [](auto& s) -> auto& { return s.quota.margin; },
          "Amount by which a message that begins below a limit may exceed it.",
          "A whole number in the unit of the limit, or a percentage of the limit, rounded down:\n"
          ".Li 10\nor\n.Li 10% ."),
      between(row(
                  "quota.min-interval", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.min_interval; },
                  "Minimum time between two messages of a user; 0: none.",
                  "A user who sends sooner gets 450 4.7.28 and the seconds to wait, regardless of\n"
                  ".Cm over ."),
              Seconds(0), Seconds(hours(1))),
      between(row(
                  "quota.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.ipv6_prefix; },
                  "Number of leading bits of an IPv6 client address that form the user.",
                  "An IPv6 client can send from a whole network, usually a /64; such a user is shown as\n"
                  ".Li 2001:db8:1:2::/64 .\nWith 128, each address is a user, shown without the prefix."),
              1U, 128U),
      word_row(
          "quota.count-refused", Takes::AtReload, [](auto& s) -> auto& { return s.quota.count_refused; },
          "Count messages over quota, or too soon after another, as if they had been sent.",
          "As in CHAPPS and PolicydRateGuard, a user who continues to try stays over quota. "
          "Nothing is then refused at MAIL, since recipients must be counted."),
      word_row(
          "quota.over", Takes::AtReload, [](auto& s) -> auto& { return s.quota.over; },
          "Treatment of a message over quota.",
          "With\n.Cm defer ,\n"
          "the client may send it when there is room again. A message that can never pass, "
          "because it has more recipients than a limit and its margin, or because the limit is 0, "
          "is always refused with 550 5.7.28 and both numbers."),
      row(
          "quota.message", "[CODE [ENHANCED]] TEXT", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.message; }, "Reply to a client that is over quota.",
          "Missing codes are 450 4.7.28, or 550 5.7.28 with\n.Cm over = reject .\n"
          "The text may contain\n.Cm {user} , {limit} , {used} , {window} ,\n.Cm {recipients}\n"
          "(of this message),\n.Cm {release}\n"
          "for the seconds after which as much could be sent (0: unknown), and\n.Cm {ref}\n"
          "for the reference in the log."),
      word_row(
          "quota.on-failure", Takes::AtReload, [](auto& s) -> auto& { return s.quota.on_failure; },
          "Treatment of outbound mail while the state store or policy database does not answer.",
          ".Cm local :\n"
          "while the state store does not answer, each host counts quotas for itself in\n"
          ".Cm state.local ,\nstarting from zero; otherwise this is the same as\n.Cm accept .\n"
          "A reload can change to it only if the daemon was started with it here or in\n"
          ".Cm greylist.on-failure ."),
  };
}

}  // namespace mailreeve
