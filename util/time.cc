// SPDX-License-Identifier: BSD-2-Clause
#include "util/time.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdio>
#include <fstream>
#include <utility>

namespace mailreeve {

namespace {

constexpr std::array<std::pair<std::string_view, std::int64_t>, 6> kUnits{{
    {"w", 7LL * 86400 * 1000},
    {"d", 86400LL * 1000},
    {"h", 3600LL * 1000},
    {"m", 60LL * 1000},
    {"s", 1000},
    {"ms", 1},
}};
constexpr std::int64_t kLongest = 100LL * 365 * 86400 * 1000;

std::int64_t unit_millis(std::string_view unit) {
  for (const auto& [name, millis] : kUnits)
    if (name == unit) return millis;
  return 0;
}

std::tm broken_down(TimePoint when) {
  const std::time_t seconds = std::chrono::floor<Seconds>(when).time_since_epoch().count();
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return parts;
}

}  // namespace

TimePoint SystemClock::now() const {
  return std::chrono::floor<Milliseconds>(std::chrono::system_clock::now());
}

TimePoint ShiftedClock::now() const {
  std::int64_t shift = 0;
  std::int64_t set_ahead = 0;
  std::ifstream in(file_);
  in >> shift >> set_ahead;
  return SystemClock().now() + Seconds(shift) + Seconds(set_ahead);
}

Milliseconds Deadline::left() const {
  const auto left = std::chrono::ceil<Milliseconds>(at_ - SteadyClock::now());
  return std::max(left, Milliseconds(0));
}

Deadline Deadline::within(Milliseconds from_now) const {
  Deadline other(from_now);
  return other.at_ < at_ ? other : *this;
}

std::optional<Milliseconds> parse_duration(std::string_view text) {
  if (text == "0") return Milliseconds(0);
  if (text.empty()) return std::nullopt;
  std::int64_t total = 0;
  while (!text.empty()) {
    std::int64_t number = 0;
    const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    if (error != std::errc() || number < 0) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(rest - text.data()));
    const auto unit_end = std::min(text.find_first_of("0123456789"), text.size());
    const std::int64_t unit = unit_millis(text.substr(0, unit_end));
    if (unit == 0 || number > kLongest / unit) return std::nullopt;
    total += number * unit;
    if (total > kLongest) return std::nullopt;
    text.remove_prefix(unit_end);
  }
  return Milliseconds(total);
}

std::string format_duration(Milliseconds span) {
  std::int64_t millis = span.count();
  if (millis == 0) return "0";
  // Print 24h, not 1d, and 35d, not 5w: readers expect the largest unit that
  // divides the span, but people seldom write weeks or single days.
  for (const auto& [name, unit] : kUnits)
    if (name != "w" && millis % unit == 0 && !(name == "d" && millis == unit))
      return std::to_string(millis / unit) + std::string(name);
  return std::to_string(millis) + "ms";
}

std::string format_rfc5322(TimePoint when) {
  static constexpr std::array kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                      "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::tm t = broken_down(when);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%s, %d %s %d %02d:%02d:%02d +0000",
                kDays.at(static_cast<std::size_t>(t.tm_wday)), t.tm_mday,
                kMonths.at(static_cast<std::size_t>(t.tm_mon)), t.tm_year + 1900, t.tm_hour, t.tm_min,
                t.tm_sec);
  return out.data();
}

std::string format_rfc3339(TimePoint when) {
  const std::tm t = broken_down(when);
  // Also of a time that a broken database has, such as the first of all.
  const auto millis = static_cast<int>((to_millis(when) % 1000 + 1000) % 1000);
  std::array<char, 64> out{};
  std::snprintf(out.data(), out.size(), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", t.tm_year + 1900, t.tm_mon + 1,
                t.tm_mday, t.tm_hour, t.tm_min, t.tm_sec, millis);
  return out.data();
}

}  // namespace mailreeve
