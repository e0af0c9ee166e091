// SPDX-License-Identifier: BSD-2-Clause
#include "core/limits.h"

#include <charconv>
#include <stdexcept>

namespace mailreeve {

namespace {

constexpr Seconds kShortest{60};
constexpr Seconds kLongest{366L * 86400};

[[noreturn]] void refuse(std::string_view word, const std::string& why) {
  throw std::invalid_argument("\"" + std::string(word) + "\" " + why);
}

std::optional<std::int64_t> read_number(std::string_view text) {
  std::int64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size() || value < 0)
    return std::nullopt;
  return value;
}

Seconds read_window(std::string_view text, std::string_view word) {
  if (text == "day") return kDaily;
  const auto span = parse_duration(text);
  if (!span || *span % Seconds(1) != Milliseconds(0))
    refuse(word, "needs \"day\" or a duration in whole seconds behind \"/\", such as 1h");
  const auto window = std::chrono::duration_cast<Seconds>(*span);
  if (window < kShortest || window > kLongest) refuse(word, "has a window that is not between 1m and 366d");
  return window;
}

// Reads one limit, or two if both units are counted.
void read_limit(std::string_view word, const LimitDefaults& defaults, std::vector<Limit>& out) {
  using Counting = LimitDefaults::Counting;
  Counting counting = defaults.counting;
  std::string_view rest = word;
  if (const auto colon = rest.find(':'); colon != std::string_view::npos) {
    const auto unit = rest.substr(0, colon);
    if (unit != "recipients" && unit != "messages")
      refuse(word, "counts neither \"recipients:\" nor \"messages:\"");
    counting = unit == "recipients" ? Counting::Recipients : Counting::Messages;
    rest.remove_prefix(colon + 1);
  }
  Limit limit{.window = defaults.window};
  if (const auto slash = rest.find('/'); slash != std::string_view::npos) {
    limit.window = read_window(rest.substr(slash + 1), word);
    rest = rest.substr(0, slash);
  }
  const auto most = read_number(rest);
  if (!most || *most > kMostPermitted) refuse(word, "needs a number between 0 and 2147483647");
  limit.most = *most;
  for (const Unit unit : {Unit::Recipients, Unit::Messages}) {
    const auto only = unit == Unit::Recipients ? Counting::Recipients : Counting::Messages;
    if (counting != Counting::Both && counting != only) continue;
    limit.unit = unit;
    out.push_back(limit);
  }
}

}  // namespace

std::vector<Limit> parse_limits(std::string_view text, const LimitDefaults& defaults) {
  constexpr std::string_view kBlanks = " \t,";
  std::vector<Limit> out;
  for (auto begin = text.find_first_not_of(kBlanks); begin != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kBlanks, begin), text.size());
    read_limit(text.substr(begin, end - begin), defaults, out);
    begin = text.find_first_not_of(kBlanks, end);
  }
  if (out.empty()) throw std::invalid_argument("needs a limit, such as 1000 or 100/1h");
  if (out.size() > kMostLimits) throw std::invalid_argument("has more than 8 limits");
  return out;
}

std::string to_string(const Limit& limit) {
  return (limit.unit == Unit::Recipients ? "recipients:" : "messages:") + std::to_string(limit.most) + "/" +
         (limit.window == kDaily ? "day" : format_duration(limit.window));
}

Margin parse_margin(std::string_view text) {
  Margin out;
  std::string_view digits = text;
  if (digits.ends_with('%')) {
    out.percent = true;
    digits.remove_suffix(1);
  }
  const auto value = read_number(digits);
  if (!value || *value > (out.percent ? 100 : kMostPermitted))
    throw std::invalid_argument("must be a whole number of what is counted (10), or a percentage up to 100%");
  out.value = *value;
  return out;
}

std::string to_string(const Margin& margin) {
  return std::to_string(margin.value) + (margin.percent ? "%" : "");
}

}  // namespace mailreeve
