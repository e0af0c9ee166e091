// SPDX-License-Identifier: BSD-2-Clause
#include "spf/macro.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <vector>

#include "spf/ascii.h"
#include "util/url.h"

namespace mailreeve {

namespace {

constexpr std::string_view kLetters = "slodipvhcrt";
constexpr std::string_view kOnlyInExplanations = "crt";
constexpr std::string_view kDelimiters = ".-+,/_=";
// No value has more parts, so larger numbers mean the same.
constexpr unsigned kMostParts = 1000;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }
std::uint32_t bit(char letter) { return 1U << static_cast<unsigned>(letter - 'a'); }

// "%{" letter digits "r" delimiters "}"
struct Macro {
  char letter = 0;      // lower case
  bool escape = false;  // the letter was upper case: URL escaping applies
  unsigned parts = 0;   // counted from the right; 0 means all
  bool reverse = false;
  std::string_view delimiters;
};

struct Token {
  enum class Kind { Literal, Escape, Macro };
  Kind kind;
  std::string_view text;  // the literal, or what the escape stands for
  Macro macro;
};

std::optional<Macro> read_macro(std::string_view body) {
  Macro out;
  if (body.empty()) return std::nullopt;
  out.letter = lower(body[0]);
  out.escape = out.letter != body[0];
  if (kLetters.find(out.letter) == std::string_view::npos) return std::nullopt;
  body.remove_prefix(1);
  const bool numbered = !body.empty() && is_digit(body[0]);
  for (; !body.empty() && is_digit(body[0]); body.remove_prefix(1))
    out.parts = std::min(out.parts * 10 + static_cast<unsigned>(body[0] - '0'), kMostParts);
  if (numbered && out.parts == 0) return std::nullopt;
  if (!body.empty() && lower(body[0]) == 'r') {
    out.reverse = true;
    body.remove_prefix(1);
  }
  if (body.find_first_not_of(kDelimiters) != std::string_view::npos) return std::nullopt;
  out.delimiters = body;
  return out;
}

std::optional<Token> take_escape(std::string_view& rest) {
  static constexpr std::array<std::pair<char, std::string_view>, 3> kEscapes{
      {{'%', "%"}, {'_', " "}, {'-', "%20"}}};
  for (const auto& [letter, meaning] : kEscapes)
    if (rest.size() > 1 && rest[1] == letter) {
      rest.remove_prefix(2);
      return Token{Token::Kind::Escape, meaning, {}};
    }
  return std::nullopt;
}

// Returns nullopt if no token follows. `rest` must not be empty.
std::optional<Token> take_token(std::string_view& rest) {
  if (rest[0] != '%') {
    const auto literal = rest.substr(0, rest.find('%'));
    rest.remove_prefix(literal.size());
    return Token{Token::Kind::Literal, literal, {}};
  }
  if (rest.size() < 2 || rest[1] != '{') return take_escape(rest);
  const auto close = rest.find('}');
  if (close == std::string_view::npos) return std::nullopt;
  const auto macro = read_macro(rest.substr(2, close - 2));
  if (!macro) return std::nullopt;
  rest.remove_prefix(close + 1);
  return Token{Token::Kind::Macro, {}, *macro};
}

// toplabel: letters, digits and "-"; no "-" at either end, and not only digits.
bool is_top_label(std::string_view label) {
  if (label.empty() || label.front() == '-' || label.back() == '-') return false;
  if (std::all_of(label.begin(), label.end(), is_digit)) return false;
  return std::all_of(label.begin(), label.end(),
                     [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

// domain-end = ( "." toplabel [ "." ] ) / macro-expand
bool is_domain_end(const std::optional<Token>& last) {
  if (!last) return false;
  if (last->kind != Token::Kind::Literal) return true;
  auto text = last->text;
  if (text.ends_with('.')) text.remove_suffix(1);
  const auto dot = text.rfind('.');
  return dot != std::string_view::npos && is_top_label(text.substr(dot + 1));
}

bool is_literal(std::string_view text, MacroString::Use use) {
  if (use != MacroString::Use::Explanation && text.find(' ') != std::string_view::npos) return false;
  return is_printable(text);
}

bool is_allowed(const Token& token, MacroString::Use use) {
  if (token.kind == Token::Kind::Literal) return is_literal(token.text, use);
  if (token.kind == Token::Kind::Escape || use != MacroString::Use::DomainSpec) return true;
  return kOnlyInExplanations.find(token.macro.letter) == std::string_view::npos;
}

std::string value_of(char letter, const MacroValues& values) {
  const Identity& who = values.identity;
  switch (letter) {
    case 's':
      return who.local + "@" + who.domain;
    case 'l':
      return who.local;
    case 'o':
      return who.domain;
    case 'd':
      return std::string(values.domain);
    case 'i':
      return dotted(values.client);
    case 'p':
      return std::string(values.name);
    case 'v':
      return values.client.is_v4() ? "in-addr" : "ip6";
    case 'h':
      return who.helo;
    case 'c':
      return values.client.text();
    case 'r':
      return values.receiver.empty() ? "unknown" : std::string(values.receiver);
    default:
      return std::to_string(std::chrono::floor<Seconds>(values.now).time_since_epoch().count());
  }
}

std::vector<std::string_view> split(std::string_view text, std::string_view delimiters) {
  std::vector<std::string_view> parts;
  for (;;) {
    const auto end = text.find_first_of(delimiters);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) return parts;
    text.remove_prefix(end + 1);
  }
}

std::string transformed(std::string value, const Macro& macro) {
  if (macro.parts == 0 && !macro.reverse && macro.delimiters.empty()) return value;
  auto parts = split(value, macro.delimiters.empty() ? "." : macro.delimiters);
  if (macro.reverse) std::reverse(parts.begin(), parts.end());
  if (macro.parts != 0 && macro.parts < parts.size())
    parts.erase(parts.begin(), parts.end() - static_cast<std::ptrdiff_t>(macro.parts));
  std::string out(parts.front());
  for (std::size_t i = 1; i < parts.size(); ++i) out.append(1, '.').append(parts[i]);
  return out;
}

std::string expansion(const Token& token, const MacroValues& values) {
  if (token.kind != Token::Kind::Macro) return std::string(token.text);
  auto value = transformed(value_of(token.macro.letter, values), token.macro);
  return token.macro.escape ? percent_encoded(value) : value;
}

}  // namespace

std::optional<MacroString> MacroString::parse(std::string_view text, Use use) {
  std::optional<Token> last;
  std::uint32_t letters = 0;
  for (auto rest = text; !rest.empty();) {
    last = take_token(rest);
    if (!last || !is_allowed(*last, use)) return std::nullopt;
    if (last->kind == Token::Kind::Macro) letters |= bit(last->macro.letter);
  }
  if (use == Use::DomainSpec && !is_domain_end(last)) return std::nullopt;
  return MacroString(text, letters);
}

bool MacroString::uses(std::string_view letters) const {
  return std::any_of(letters.begin(), letters.end(), [this](char c) { return (letters_ & bit(c)) != 0; });
}

std::string MacroString::expand_name(const MacroValues& values) const {
  // Cutting removes labels from the left, so the left end need not be kept.
  constexpr std::size_t kEnough = 512;
  std::string out;
  for (std::string_view rest = text_; !rest.empty();) {
    out += expansion(*take_token(rest), values);
    if (out.size() > 2 * kEnough) out.erase(0, out.size() - kEnough);
  }
  return std::string(cut_name(out));
}

std::string MacroString::expand_text(const MacroValues& values, std::size_t most) const {
  std::string out;
  for (std::string_view rest = text_; !rest.empty() && out.size() < most;)
    out += expansion(*take_token(rest), values);
  out.resize(std::min(out.size(), most));
  return out;
}

}  // namespace mailreeve
