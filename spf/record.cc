// SPDX-License-Identifier: BSD-2-Clause
#include "spf/record.h"

#include <arpa/inet.h>

#include <algorithm>
#include <utility>

#include "core/idna.h"
#include "spf/ascii.h"

namespace mailreeve {

namespace {

using Mechanism = Directive::Mechanism;

constexpr std::string_view kVersion = "v=spf1";
// Limits the part of a term that a problem quotes.
constexpr std::size_t kMostQuoted = 80;

constexpr std::array<std::pair<std::string_view, Mechanism>, 8> kMechanisms{{
    {"all", Mechanism::All},
    {"include", Mechanism::Include},
    {"a", Mechanism::A},
    {"mx", Mechanism::Mx},
    {"ptr", Mechanism::Ptr},
    {"ip4", Mechanism::Ip4},
    {"ip6", Mechanism::Ip6},
    {"exists", Mechanism::Exists},
}};

bool is_name_char(char c) { return is_alpha(c) || is_digit(c) || c == '-' || c == '_' || c == '.'; }

// name = ALPHA *( ALPHA / DIGIT / "-" / "_" / "." ); returns "" if there is none.
std::string_view name_of(std::string_view term) {
  if (term.empty() || !is_alpha(term[0])) return {};
  std::size_t size = 1;
  while (size < term.size() && is_name_char(term[size])) ++size;
  return term.substr(0, size);
}

std::optional<Mechanism> mechanism_of(std::string_view name) {
  const auto lower = ascii_lower(name);
  for (const auto& [known, mechanism] : kMechanisms)
    if (lower == known) return mechanism;
  return std::nullopt;
}

std::optional<SpfResult> qualifier_of(char c) {
  switch (c) {
    case '+':
      return SpfResult::Pass;
    case '-':
      return SpfResult::Fail;
    case '~':
      return SpfResult::Softfail;
    case '?':
      return SpfResult::Neutral;
    default:
      return std::nullopt;
  }
}

// Accepts "0" or a number without leading zeros, up to `most`.
std::optional<unsigned> prefix_length(std::string_view digits, unsigned most) {
  if (digits.empty() || digits.size() > 3 || !std::all_of(digits.begin(), digits.end(), is_digit) ||
      (digits[0] == '0' && digits.size() > 1))
    return std::nullopt;
  unsigned value = 0;
  for (const char c : digits) value = value * 10 + static_cast<unsigned>(c - '0');
  return value <= most ? std::optional(value) : std::nullopt;
}

// Removes "/24" or "//64", depending on `slashes`, from the end of `rest`.
// Returns false if it is present but wrong. Digits after a slash cannot belong
// to a domain-spec, which ends in a top label or a macro.
bool take_prefix(std::string_view& rest, std::string_view slashes, unsigned most, unsigned& out) {
  const auto before = rest.find_last_not_of("0123456789");
  if (before == std::string_view::npos || before + 1 == rest.size()) return true;
  const auto head = rest.substr(0, before + 1);
  if (!head.ends_with(slashes)) return true;
  const auto value = prefix_length(rest.substr(before + 1), most);
  if (!value) return false;
  out = *value;
  rest = head.substr(0, head.size() - slashes.size());
  return true;
}

// Reads ":" domain-spec, which is optional unless `required`.
bool read_target(std::string_view rest, bool required, Directive& out) {
  if (rest.empty()) return !required;
  if (rest[0] != ':') return false;
  out.target = MacroString::parse(rest.substr(1), MacroString::Use::DomainSpec);
  return out.target.has_value();
}

bool read_target_and_prefixes(std::string_view rest, Directive& out) {
  return take_prefix(rest, "//", 128, out.prefix6) && take_prefix(rest, "/", 32, out.prefix4) &&
         read_target(rest, false, out);
}

bool read_network(std::string_view rest, Directive& out) {
  if (rest.empty() || rest[0] != ':') return false;
  rest.remove_prefix(1);
  SpfNetwork& network = out.network;
  network.v4 = out.mechanism == Mechanism::Ip4;
  network.prefix = network.v4 ? 32 : 128;
  const auto slash = rest.find('/');
  if (slash != std::string_view::npos) {
    const auto prefix = prefix_length(rest.substr(slash + 1), network.prefix);
    if (!prefix) return false;
    network.prefix = *prefix;
  }
  const std::string address(rest.substr(0, slash));
  return inet_pton(network.v4 ? AF_INET : AF_INET6, address.c_str(), network.base.data()) == 1;
}

bool read_arguments(std::string_view rest, Directive& out) {
  switch (out.mechanism) {
    case Mechanism::All:
      return rest.empty();
    case Mechanism::Include:
    case Mechanism::Exists:
      return read_target(rest, true, out);
    case Mechanism::Ptr:
      return read_target(rest, false, out);
    case Mechanism::A:
    case Mechanism::Mx:
      return read_target_and_prefixes(rest, out);
    case Mechanism::Ip4:
    case Mechanism::Ip6:
      return read_network(rest, out);
  }
  return false;
}

std::string quoted(std::string_view term) {
  const bool longer = term.size() > kMostQuoted;
  return "\"" + printable(term, kMostQuoted) + (longer ? "...\"" : "\"");
}

// Each of these returns the problem with the term, or "".
std::string add_directive(std::string_view term, Record& record) {
  Directive out;
  out.text = term;
  auto rest = term;
  if (const auto qualifier = qualifier_of(term[0])) {
    out.result = *qualifier;
    rest.remove_prefix(1);
  }
  const auto name = name_of(rest);
  const auto mechanism = mechanism_of(name);
  if (!mechanism) return "unknown mechanism in " + quoted(term);
  out.mechanism = *mechanism;
  if (!read_arguments(rest.substr(name.size()), out)) return "syntax error in " + quoted(term);
  record.directives.push_back(std::move(out));
  return {};
}

std::string set_once(std::optional<MacroString>& modifier, std::string_view term, std::string_view value) {
  if (modifier) return "a second " + quoted(term);
  modifier = MacroString::parse(value, MacroString::Use::DomainSpec);
  return modifier ? std::string() : "syntax error in " + quoted(term);
}

std::string add_modifier(std::string_view term, std::string_view name, Record& record) {
  const auto value = term.substr(name.size() + 1);
  const auto lower = ascii_lower(name);
  if (lower == "redirect") return set_once(record.redirect, term, value);
  if (lower == "exp") return set_once(record.exp, term, value);
  // Unknown modifiers are ignored, but their syntax must be correct (section 6).
  const bool fine = MacroString::parse(value, MacroString::Use::Modifier).has_value();
  return fine ? std::string() : "syntax error in " + quoted(term);
}

std::string add_term(std::string_view term, Record& record) {
  const auto name = name_of(term);
  const bool modifier = !name.empty() && name.size() < term.size() && term[name.size()] == '=';
  return modifier ? add_modifier(term, name, record) : add_directive(term, record);
}

}  // namespace

bool SpfNetwork::contains(const IpAddress& address) const {
  if (address.is_v4() != v4) return false;
  const auto& octets = address.octets();
  const unsigned whole = prefix / 8;
  if (!std::equal(base.begin(), base.begin() + whole, octets.begin())) return false;
  const unsigned rest = prefix % 8;
  return rest == 0 || ((base[whole] ^ octets[whole]) >> (8 - rest)) == 0;
}

bool is_spf_record(std::string_view text) {
  if (ascii_lower(text.substr(0, kVersion.size())) != kVersion) return false;
  return text.size() == kVersion.size() || text[kVersion.size()] == ' ';
}

ParsedRecord parse_record(std::string_view text) {
  if (!is_spf_record(text)) return {std::nullopt, "no \"v=spf1\""};
  if (!is_printable(text)) return {std::nullopt, "an octet that is not printable ASCII"};
  Record record;
  auto rest = text.substr(kVersion.size());
  for (;;) {
    rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
    if (rest.empty()) return {std::move(record), {}};
    const auto term = rest.substr(0, rest.find(' '));
    rest.remove_prefix(term.size());
    auto problem = add_term(term, record);
    if (!problem.empty()) return {std::nullopt, std::move(problem)};
  }
}

}  // namespace mailreeve
