// SPDX-License-Identifier: BSD-2-Clause
#include "access/rule.h"

#include <algorithm>
#include <array>
#include <stdexcept>

#include "core/unicode.h"

namespace mailreeve {

namespace {

constexpr std::string_view kBlanks = " \t";
constexpr std::array<std::string_view, 3> kPlaceholders{"client", "sender", "recipient"};
constexpr std::string_view kDefer = "451 4.7.1 Please try again later ({ref})";
constexpr std::string_view kReject = "550 5.7.1 Access denied ({ref})";
constexpr std::array kKeys{
    AccessKey::Client, AccessKey::ClientName, AccessKey::Helo, AccessKey::Sender, AccessKey::Recipient,
    AccessKey::Login,  AccessKey::Direction,  AccessKey::Spf,  AccessKey::Listed, AccessKey::Time};

std::string quoted(std::string_view text) { return "\"" + std::string(text) + "\""; }

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// The end of a quoted string that begins here, behind its last quote; npos: it has none.
std::size_t end_of_quotes(std::string_view text, std::size_t at) {
  for (std::size_t i = at + 1; i < text.size(); ++i) {
    if (text[i] == '"') return i + 1;
    if (text[i] == '\\') ++i;
  }
  return std::string_view::npos;
}

// Behind the slash that ends a regular expression: the first one before a blank.
std::size_t end_of_regexp(std::string_view text) {
  for (std::size_t i = 1; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '/' && (i + 1 == text.size() || is_blank(text[i + 1]))) {
      return i + 1;
    }
  }
  throw std::invalid_argument("a regular expression needs a \"/\" at its end, followed by a blank");
}

// The first character out of `any` that is not within quotes.
std::size_t find_outside_quotes(std::string_view text, std::string_view any) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (any.find(text[i]) != std::string_view::npos) return i;
    if (text[i] != '"') continue;
    i = end_of_quotes(text, i);
    if (i == std::string_view::npos) throw std::invalid_argument("a quoted string needs a second quote");
    --i;
  }
  return text.size();
}

std::string_view take(std::string_view& text, std::size_t size) {
  const auto out = text.substr(0, size);
  text.remove_prefix(std::min(text.find_first_not_of(kBlanks, size), text.size()));
  return out;
}

std::string_view take_word(std::string_view& text) {
  return take(text, std::min(text.find_first_of(kBlanks), text.size()));
}

// "key" of "key=..."; empty: the text begins here.
std::string_view key_at(std::string_view text) {
  const auto end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ-_");
  return end != std::string_view::npos && end > 0 && text[end] == '=' ? text.substr(0, end)
                                                                      : std::string_view();
}

AccessKey key_named(std::string_view name) {
  for (const AccessKey key : kKeys)
    if (name == to_string(key)) return key;
  std::string list;
  for (const AccessKey key : kKeys) list.append(list.empty() ? "" : ", ").append(to_string(key));
  throw std::invalid_argument(quoted(name) + " is not a key; these are: " + list);
}

std::string_view take_value(std::string_view& text) {
  const auto body = text.substr(text.starts_with('!') ? 1 : 0);
  const auto before = text.size() - body.size();
  if (body.starts_with('/')) return take(text, before + end_of_regexp(body));
  return take(text, before + find_outside_quotes(body, kBlanks));
}

std::shared_ptr<const AccessList> list_at(AccessKey key, std::string_view path,
                                          const AccessListReader& read_list) {
  if (!path.starts_with('/'))
    throw std::invalid_argument(
        "\"@" + std::string(path) +
        "\" is not a list, whose path begins with \"/\"; a domain is written without \"@\"");
  if (!read_list)
    throw std::invalid_argument("\"@" + std::string(path) + "\": only the rules of a file take lists");
  return read_list(key, std::string(path));
}

AccessCondition condition(AccessKey key, std::string_view value, const AccessListReader& read_list) {
  AccessCondition out{.key = key, .negated = value.starts_with('!'), .written = {}, .list = {}};
  if (out.negated) value.remove_prefix(1);
  if (value.starts_with('@')) {
    out.list = list_at(key, value.substr(1), read_list);
    return out;
  }
  if (value.starts_with('/')) {
    out.written.push_back(parse_access_pattern(key, value));
    return out;
  }
  for (;;) {
    const auto end = find_outside_quotes(value, ",");
    out.written.push_back(parse_access_pattern(key, value.substr(0, end)));
    if (end == value.size()) return out;
    value.remove_prefix(end + 1);
  }
}

Skips read_skips(std::string_view text) {
  Skips out;
  for (;;) {
    const auto end = std::min(text.find(','), text.size());
    const auto skip = skip_named(text.substr(0, end));
    if (!skip)
      throw std::invalid_argument(quoted(text.substr(0, end)) +
                                  " must be one of: " + to_string(Skips::all()));
    out.add(*skip);
    if (end == text.size()) return out;
    text.remove_prefix(end + 1);
  }
}

void read_action(std::string_view word, AccessRule& out) {
  constexpr std::string_view kSkip = "skip=";
  if (word.starts_with(kSkip)) {
    out.action = AccessAction::Skip;
    out.skips = read_skips(word.substr(kSkip.size()));
    return;
  }
  for (const AccessAction action :
       {AccessAction::AcceptAll, AccessAction::Greylist, AccessAction::Defer, AccessAction::Reject}) {
    out.action = action;
    if (word == action_text(out)) return;
  }
  throw std::invalid_argument(quoted(word) +
                              " is not an action; these are: accept-all, skip=, greylist, defer, reject");
}

Seconds read_delay(std::string_view text) {
  const auto span = parse_duration(text);
  if (!span || *span % Seconds(1) != Milliseconds(0) || *span < Seconds(1) || *span > Seconds(30L * 86400))
    throw std::invalid_argument("delay=" + std::string(text) +
                                ": must be a duration from 1s to 30d, such as 10m");
  return std::chrono::duration_cast<Seconds>(*span);
}

bool refuses(const AccessRule& rule) {
  return rule.action == AccessAction::Defer || rule.action == AccessAction::Reject;
}

ReplyTemplate reply_of(AccessAction action, std::string_view text) {
  const bool defers = action == AccessAction::Defer;
  return {text, defers ? ReplyTemplate::Class::Temporary : ReplyTemplate::Class::Permanent,
          defers ? kDefer : kReject, kPlaceholders};
}

void read_text(std::string_view text, AccessRule& out) {
  if (text.empty()) return;
  if (!refuses(out))
    throw std::invalid_argument(quoted(text) + ": " + action_text(out) +
                                " takes no text; a comment has a line of its own");
  out.reply = reply_of(out.action, text);
}

}  // namespace

AccessRule parse_access_rule(std::string_view text, const AccessListReader& read_list) {
  text = trimmed(text);
  if (text.size() > kLongestAccessRule)
    throw std::invalid_argument("a rule may have " + std::to_string(kLongestAccessRule) + " octets");
  if (std::any_of(text.begin(), text.end(),
                  [](char c) { return (static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f; }))
    throw std::invalid_argument("a rule may not have control characters");
  if (text.empty()) throw std::invalid_argument("a rule needs an action");
  AccessRule out;
  read_action(take_word(text), out);
  for (auto key = key_at(text); !key.empty(); key = key_at(text)) {
    text.remove_prefix(key.size() + 1);
    if (key != "delay") {
      const AccessKey known = key_named(key);
      const auto value = take_value(text);
      try {
        out.conditions.push_back(condition(known, value, read_list));
      } catch (const std::invalid_argument& error) {
        throw std::invalid_argument(std::string(key) + "=" + std::string(value) + ": " + error.what());
      }
      continue;
    }
    if (out.action != AccessAction::Greylist) throw std::invalid_argument("only greylist has a delay");
    if (out.delay) throw std::invalid_argument("there is more than one delay");
    out.delay = read_delay(take_word(text));
  }
  read_text(text, out);
  return out;
}

const ReplyTemplate& AccessRule::reply_or_default() const {
  static const ReplyTemplate kDefaultDefer = reply_of(AccessAction::Defer, kDefer);
  static const ReplyTemplate kDefaultReject = reply_of(AccessAction::Reject, kReject);
  if (reply) return *reply;
  return action == AccessAction::Defer ? kDefaultDefer : kDefaultReject;
}

std::string action_text(const AccessRule& rule) {
  switch (rule.action) {
    case AccessAction::AcceptAll:
      return "accept-all";
    case AccessAction::Skip:
      return "skip=" + to_string(rule.skips);
    case AccessAction::Greylist:
      return rule.delay ? "greylist delay=" + format_duration(*rule.delay) : "greylist";
    case AccessAction::Defer:
      return "defer";
    case AccessAction::Reject:
      return "reject";
  }
  return "?";
}

std::string to_string(const AccessRule& rule) {
  std::string out = action_text(rule);
  for (const auto& each : rule.conditions) {
    out.append(" ").append(to_string(each.key)).append(each.negated ? "=!" : "=");
    if (each.list) out.append("@").append(each.list->path);
    for (std::size_t i = 0; i < each.written.size(); ++i)
      out.append(i == 0 ? "" : ",").append(to_string(each.key, each.written[i]));
  }
  if (rule.reply) out.append(" ").append(rule.reply->source());
  return out;
}

}  // namespace mailreeve
