// SPDX-License-Identifier: BSD-2-Clause
#include "config/value.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mailreeve {

namespace {

Milliseconds read_duration(std::string_view text) {
  const auto span = parse_duration(text);
  if (!span)
    throw std::invalid_argument(
        "must be a duration with its unit (ms, s, m, h, d, w), for example 5m or 1h30m");
  return *span;
}

}  // namespace

void read_value(std::string_view text, std::string& out) { out = text; }
std::string write_value(const std::string& value) { return value; }

void read_value(std::string_view text, unsigned& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("must be a whole number");
}
std::string write_value(unsigned value) { return std::to_string(value); }

void read_value(std::string_view text, Milliseconds& out) { out = read_duration(text); }
std::string write_value(Milliseconds value) { return format_duration(value); }

void read_value(std::string_view text, Seconds& out) {
  const auto span = read_duration(text);
  out = std::chrono::floor<Seconds>(span);
  if (out != span) throw std::invalid_argument("must be whole seconds");
}
std::string write_value(Seconds value) { return format_duration(value); }

void read_value(std::string_view text, std::vector<Network>& out) {
  out.clear();
  for (const auto& word : split_list(text)) {
    std::string plain = word;
    // Postfix writes [2001:db8::]/32.
    if (plain.front() == '[') std::erase_if(plain, [](char c) { return c == '[' || c == ']'; });
    const auto network = Network::parse(plain);
    if (!network)
      throw std::invalid_argument("\"" + word +
                                  "\" is no address and no network such as 192.0.2.0/24 or 2001:db8::/32");
    out.push_back(*network);
  }
}

std::string write_value(const std::vector<Network>& value) {
  std::string out;
  for (const auto& network : value) out += (out.empty() ? "" : " ") + network.text();
  return out;
}

void read_value(std::string_view text, std::vector<std::string>& out) { out = split_list(text); }
std::string write_value(const std::vector<std::string>& value) {
  std::string out;
  for (const auto& word : value) out += (out.empty() ? "" : " ") + word;
  return out;
}

void read_value(std::string_view text, Margin& out) { out = parse_margin(text); }
void read_value(std::string_view text, SignPoints& out) {
  out = {};
  for (const auto& word : split_list(text)) out.set(word);
}

void read_value(std::string_view text, std::vector<ListSpec>& out) {
  out.clear();
  for (const auto& word : split_list(text)) out.push_back(parse_list_spec(word));
}

std::string write_value(const std::vector<ListSpec>& value) {
  std::string out;
  for (const auto& spec : value) out += (out.empty() ? "" : " ") + to_string(spec);
  return out;
}

std::string write_value(const SignPoints& value) { return value.text(); }

std::string write_value(const Margin& value) { return to_string(value); }

void read_time_of_day(std::string_view text, Seconds& out) {
  unsigned hour = 0;
  unsigned minute = 0;
  const bool form = text.size() == 5 && text[2] == ':';
  if (form) {
    read_value(text.substr(0, 2), hour);
    read_value(text.substr(3), minute);
  }
  if (!form || hour > 23 || minute > 59) throw std::invalid_argument("must be a time of day such as 00:00");
  out = std::chrono::hours(hour) + std::chrono::minutes(minute);
}

std::string write_time_of_day(Seconds value) {
  const auto two = [](std::int64_t number) { return (number < 10 ? "0" : "") + std::to_string(number); };
  return two(value.count() / 3600) + ":" + two(value.count() / 60 % 60);
}

void read_file_mode(std::string_view text, unsigned& out) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777)
    throw std::invalid_argument("must be an octal file mode such as 0660");
  out = mode;
}

std::string write_file_mode(unsigned value) {
  std::string out = "0";
  for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + ((value >> shift) & 7));
  return out;
}

std::vector<std::string> split_list(std::string_view text) {
  constexpr std::string_view kSeparators = " \t,";
  std::vector<std::string> out;
  for (auto start = text.find_first_not_of(kSeparators); start != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kSeparators, start), text.size());
    out.emplace_back(text.substr(start, end - start));
    start = text.find_first_not_of(kSeparators, end);
  }
  return out;
}

}  // namespace mailreeve
