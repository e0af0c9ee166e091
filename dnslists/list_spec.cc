// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_spec.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "core/idna.h"

namespace mailreeve {

namespace {

// So that the 64 octets of an IPv6 address fit in front of it.
constexpr std::size_t kLongestZone = 253 - 64;
constexpr std::size_t kLongestLabel = 63;
constexpr unsigned kMostWeight = 100;
constexpr std::size_t kMostPatterns = 50;

std::string quoted(std::string_view text) { return '"' + std::string(text) + '"'; }

std::optional<unsigned> number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

std::optional<AnswerPattern::Range> parse_range(std::string_view text) {
  const auto dash = text.find('-');
  const auto from = number(text.substr(0, dash));
  const auto to = dash == std::string_view::npos ? from : number(text.substr(dash + 1));
  if (!from || !to || *from > *to || *to > 255) return std::nullopt;
  return AnswerPattern::Range{static_cast<std::uint8_t>(*from), static_cast<std::uint8_t>(*to)};
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> out;
  for (;;) {
    const auto end = text.find(separator);
    out.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return out;
    text.remove_prefix(end + 1);
  }
}

AnswerPattern parse_pattern(std::string_view text) {
  const auto parts = split(text, '.');
  AnswerPattern pattern;
  bool good = parts.size() == pattern.octets.size();
  for (std::size_t i = 0; good && i < parts.size(); ++i) {
    const auto range = parse_range(parts[i]);
    good = range.has_value();
    if (range) pattern.octets.at(i) = *range;
  }
  if (!good)
    throw std::invalid_argument(quoted(text) +
                                " is no answer of a list: an address is expected, whose octets may be "
                                "ranges, as in 127.0.0.2 or 127.0.0.2-11");
  if (pattern.octets[0] != AnswerPattern::Range{127, 127})
    throw std::invalid_argument(quoted(text) + " is no answer of a list: they begin with 127");
  return pattern;
}

bool is_label(std::string_view label) {
  return !label.empty() && label.size() <= kLongestLabel &&
         label.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_") == std::string_view::npos;
}

std::string to_string(const AnswerPattern& pattern) {
  std::string out;
  for (const auto& octet : pattern.octets) {
    if (!out.empty()) out += '.';
    out += std::to_string(octet.from);
    if (octet.to != octet.from) out += '-' + std::to_string(octet.to);
  }
  return out;
}

}  // namespace

std::string_view to_string(ListKind kind) {
  switch (kind) {
    case ListKind::Block:
      return "dnsbl";
    case ListKind::White:
      return "dnswl";
    case ListKind::Name:
      return "rhsbl";
  }
  return "?";
}

bool AnswerPattern::contains(const IpAddress& answer) const {
  if (!answer.is_v4()) return false;
  for (std::size_t i = 0; i < octets.size(); ++i)
    if (answer.octets()[i] < octets[i].from || answer.octets()[i] > octets[i].to) return false;
  return true;
}

bool ListSpec::counts(const IpAddress& answer) const {
  return answers.empty() || std::any_of(answers.begin(), answers.end(), [&](const AnswerPattern& pattern) {
           return pattern.contains(answer);
         });
}

ListSpec parse_list_spec(std::string_view text) {
  ListSpec spec;
  const auto colon = text.find(':');
  if (colon != std::string_view::npos) {
    const auto weight = number(text.substr(colon + 1));
    if (!weight || *weight < 1 || *weight > kMostWeight)
      throw std::invalid_argument(quoted(text.substr(colon + 1)) + " is no weight of a list: 1 to 100");
    spec.weight = *weight;
    text = text.substr(0, colon);
  }
  const auto equals = text.find('=');
  spec.zone = list_zone(text.substr(0, equals));
  if (equals == std::string_view::npos) return spec;
  for (const auto pattern : split(text.substr(equals + 1), '/')) {
    if (spec.answers.size() == kMostPatterns) throw std::invalid_argument("more than 50 answers of one list");
    spec.answers.push_back(parse_pattern(pattern));
  }
  return spec;
}

std::string to_string(const ListSpec& spec) {
  std::string out = spec.zone;
  for (std::size_t i = 0; i < spec.answers.size(); ++i)
    out.append(i == 0 ? "=" : "/").append(to_string(spec.answers[i]));
  if (spec.weight != 1) out += ':' + std::to_string(spec.weight);
  return out;
}

std::string list_zone(std::string_view text) {
  const auto refuse = [&](const char* why) -> std::string {
    throw std::invalid_argument(quoted(text) + " is no zone of a DNS list: " + why);
  };
  std::string zone = domain_to_ascii(text).value_or("");
  if (zone.ends_with('.')) zone.pop_back();
  const auto labels = split(zone, '.');
  if (!std::all_of(labels.begin(), labels.end(), is_label)) return refuse("a domain name is expected");
  if (IpAddress::parse(zone)) return refuse("it is an address");
  if (zone.size() > kLongestZone) return refuse("it is longer than 189 octets");
  return zone;
}

}  // namespace mailreeve
