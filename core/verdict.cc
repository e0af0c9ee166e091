// SPDX-License-Identifier: BSD-2-Clause
#include "core/verdict.h"

#include <algorithm>
#include <stdexcept>

namespace mailreeve {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool all_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), is_digit);
}

// RFC 3463 section 2: class "." 1*3digit "." 1*3digit
bool is_enhanced(std::string_view word) {
  const auto first = word.find('.');
  const auto second = word.find('.', first == std::string_view::npos ? first : first + 1);
  if (first != 1 || second == std::string_view::npos) return false;
  const auto subject = word.substr(2, second - 2);
  const auto detail = word.substr(second + 1);
  return is_digit(word[0]) && all_digits(subject) && subject.size() <= 3 && all_digits(detail) &&
         detail.size() <= 3;
}

std::string_view take_word(std::string_view& text) {
  const auto end = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, end);
  text.remove_prefix(std::min(text.find_first_not_of(' ', end), text.size()));
  return word;
}

struct Codes {
  int code = 0;
  std::string_view enhanced;
};

Codes take_codes(std::string_view& text) {
  Codes out;
  auto rest = text;
  auto word = take_word(rest);
  if (word.size() == 3 && all_digits(word)) {
    out.code = (word[0] - '0') * 100 + (word[1] - '0') * 10 + (word[2] - '0');
    text = rest;
    word = take_word(rest);
  }
  if (is_enhanced(word)) {
    out.enhanced = word;
    text = rest;
  }
  return out;
}

void check_placeholders(std::string_view text, std::span<const std::string_view> known) {
  for (auto open = text.find('{'); open != std::string_view::npos; open = text.find('{', open + 1)) {
    const auto close = text.find('}', open);
    if (close == std::string_view::npos) throw std::invalid_argument("\"{\" without \"}\"");
    const auto name = text.substr(open + 1, close - open - 1);
    if (name == "ref" || std::find(known.begin(), known.end(), name) != known.end()) continue;
    std::string list = "{ref}";
    for (const auto& word : known) list += ", {" + std::string(word) + "}";
    throw std::invalid_argument("unknown placeholder \"{" + std::string(name) + "}\"; known here: " + list);
  }
}

}  // namespace

ReplyTemplate::ReplyTemplate(std::string_view text, Class expected, std::string_view defaults,
                             std::span<const std::string_view> known) {
  const auto wanted = static_cast<int>(expected);
  Codes given = take_codes(text);
  const Codes fallback = take_codes(defaults);
  if (given.code == 0) given.code = fallback.code;
  if (given.enhanced.empty()) given.enhanced = fallback.enhanced;
  const std::string cls = std::to_string(wanted);
  if (given.code / 100 != wanted || given.code % 100 >= 60)
    throw std::invalid_argument("reply code " + std::to_string(given.code) + " is not one of " + cls +
                                "00 to " + cls + "59");
  if (given.code == 421)
    throw std::invalid_argument("reply code 421 would close the client's session; use another code");
  if (given.enhanced[0] != cls[0])
    throw std::invalid_argument("enhanced status code " + std::string(given.enhanced) +
                                " is not of the class of reply code " + std::to_string(given.code) +
                                " (RFC 3463)");
  if (text.empty()) throw std::invalid_argument("a reply needs a text");
  if (text.size() > Reply::kMaxText)
    throw std::invalid_argument("a reply's text may have " + std::to_string(Reply::kMaxText) + " octets");
  if (!std::all_of(text.begin(), text.end(), [](char c) { return c >= 0x20 && c < 0x7f; }))
    throw std::invalid_argument("a reply's text must be printable ASCII");
  check_placeholders(text, known);
  code_ = given.code;
  enhanced_ = given.enhanced;
  text_ = text;
}

std::string ReplyTemplate::source() const { return std::to_string(code_) + " " + enhanced_ + " " + text_; }

Reply ReplyTemplate::render(std::initializer_list<Substitution> values) const {
  std::string out;
  std::string_view rest = text_;
  for (;;) {
    const auto open = rest.find('{');
    out += rest.substr(0, open);
    if (open == std::string_view::npos) break;
    const auto close = rest.find('}', open);
    const auto name = rest.substr(open + 1, close - open - 1);
    rest.remove_prefix(close + 1);
    const auto value =
        std::find_if(values.begin(), values.end(), [&](const auto& one) { return one.name == name; });
    if (value != values.end() && !value->value.empty()) {
      out += value->value;
      continue;
    }
    // An empty value also removes a space.
    if (out.empty() && rest.starts_with(' ')) rest.remove_prefix(1);
    if (out.ends_with(' ') && (rest.empty() || rest.front() == ' ')) out.pop_back();
  }
  return {code_, enhanced_, out};
}

Reply::Reply(int code, std::string enhanced, std::string_view text)
    : code_(code), enhanced_(std::move(enhanced)) {
  text_.reserve(std::min(text.size(), kMaxText));
  for (const char c : text.substr(0, kMaxText)) text_ += c >= 0x20 && c < 0x7f ? c : '?';
}

Verdict Verdict::refuse(Reply reply, std::string_view reason) {
  const Kind kind = reply.permanent() ? Kind::Reject : Kind::Defer;
  std::vector<Reply> replies;
  replies.push_back(std::move(reply));
  return {kind, reason, std::move(replies)};
}

Verdict&& Verdict::with(std::string_view name, std::int64_t value) && {
  notes_.push_back({name, value});
  return std::move(*this);
}

Verdict&& Verdict::with(std::string_view name, std::string value) && {
  notes_.push_back({name, std::move(value)});
  return std::move(*this);
}

std::string_view to_string(Verdict::Kind kind) {
  switch (kind) {
    case Verdict::Kind::Pass:
      return "pass";
    case Verdict::Kind::Allow:
      return "allow";
    case Verdict::Kind::Defer:
      return "defer";
    case Verdict::Kind::Reject:
      return "reject";
  }
  return "?";
}

}  // namespace mailreeve
