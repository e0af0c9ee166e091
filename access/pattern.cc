// SPDX-License-Identifier: BSD-2-Clause
#include <algorithm>
#include <array>
#include <stdexcept>

#include "access/regexps.h"
#include "access/rule.h"
#include "access/subject.h"
#include "core/address.h"
#include "core/idna.h"
#include "core/ip_address.h"
#include "core/unicode.h"

namespace mailreeve {

namespace {

using Kind = AccessPattern::Kind;

[[noreturn]] void refuse(std::string_view value, const std::string& why) {
  throw std::invalid_argument("\"" + std::string(value) + "\" " + why);
}

bool is_regexp(std::string_view value) {
  return value.size() >= 2 && value.front() == '/' && value.back() == '/';
}

AccessPattern regexp(std::string_view value) {
  const auto expression = value.substr(1, value.size() - 2);
  if (expression.empty()) refuse(value, "is an empty regular expression");
  if (std::string error = regexp_error(expression); !error.empty()) throw std::invalid_argument(error);
  return {Kind::Regex, std::string(expression)};
}

// Lower case, A-labels; or an address literal.
std::string domain(std::string_view value, std::string_view what) {
  const Address address = Address::parse_name("x@" + std::string(what));
  if (address.malformed() || address.domain().size() > 253) refuse(value, "is not a domain's name");
  return address.domain();
}

AccessPattern name(std::string_view value, Kind exact) {
  if (value.starts_with('.')) {
    AccessPattern below{Kind::Below, domain(value, value.substr(1))};
    if (below.text.starts_with('[')) refuse(value, "is not a domain's name");
    return below;
  }
  return {exact, domain(value, value)};
}

AccessPattern network(std::string_view value) {
  const auto found = Network::parse(value);
  if (!found) refuse(value, "is not an address or network, such as 192.0.2.1, 192.0.2.0/24 or 2001:db8::/32");
  if (value.find('/') == std::string_view::npos) return {Kind::Network, IpAddress::parse(value)->text()};
  return {Kind::Network, found->text()};
}

// A client may say anything at all; only a part of that can be named.
AccessPattern helo(std::string_view value) {
  if (value.starts_with('.') || !is_ascii(value)) return name(value, Kind::Exact);
  if (value.starts_with('[')) return {Kind::Exact, helo_name(domain(value, value))};
  return {Kind::Exact, helo_name(value)};
}

AccessPattern address(AccessKey key, std::string_view value) {
  if (value == "<>") {
    if (key == AccessKey::Recipient) refuse(value, "is no recipient");
    return {Kind::Exact, ""};
  }
  if (value.find('@') == std::string_view::npos) return name(value, Kind::Domain);
  const bool local = value.ends_with('@');
  const Address found = Address::parse_name(std::string(value) + (local ? "x" : ""));
  if (found.malformed())
    refuse(value, "is not an address, a domain, \".\" and a domain, or a local part and \"@\"");
  return local ? AccessPattern{Kind::Local, fold_case(found.local())}
               : AccessPattern{Kind::Exact, found.folded()};
}

template <std::size_t N>
AccessPattern word(std::string_view value, const std::array<std::string_view, N>& words) {
  if (std::find(words.begin(), words.end(), value) != words.end()) return {Kind::Exact, std::string(value)};
  std::string list;
  for (const auto each : words) list.append(list.empty() ? "" : ", ").append(each);
  refuse(value, "must be one of: " + list);
}

bool is_time(std::string_view text) {
  const auto digit = [&](std::size_t i) { return text[i] >= '0' && text[i] <= '9'; };
  if (text.size() != 5 || text[2] != ':' || !digit(0) || !digit(1) || !digit(3) || !digit(4)) return false;
  return text <= "23:59" ? text[3] <= '5' : text == "24:00";
}

AccessPattern span(std::string_view value) {
  const auto from = value.substr(0, 5);
  const auto to = value.size() == 11 ? value.substr(6) : std::string_view();
  if (!is_time(from) || !is_time(to) || value[5] != '-' || from == "24:00")
    refuse(value, "must be two times of day, such as 22:00-06:00");
  if (from == to) refuse(value, "is no time at all; leave it out for the whole day");
  return {Kind::Span, std::string(value)};
}

// In quotes if it would be read as something else: "!" before a value negates it, and "/" begins a
// regular expression.
std::string written_local(std::string_view local) {
  const bool plain = !local.starts_with('!') && !local.starts_with('/');
  return plain ? std::string(local) : '"' + std::string(local) + '"';
}

std::string written(AccessKey key, const std::string& text) {
  const bool may_be_address =
      key == AccessKey::Sender || key == AccessKey::Recipient || key == AccessKey::Login;
  const Address address = Address::parse_name(text);
  if (!may_be_address || address.malformed()) return text;
  return written_local(address.local()) + text.substr(address.local().size());
}

}  // namespace

std::string_view to_string(AccessKey key) {
  switch (key) {
    case AccessKey::Client:
      return "client";
    case AccessKey::ClientName:
      return "client-name";
    case AccessKey::Helo:
      return "helo";
    case AccessKey::Sender:
      return "sender";
    case AccessKey::Recipient:
      return "recipient";
    case AccessKey::Login:
      return "login";
    case AccessKey::Direction:
      return "direction";
    case AccessKey::Spf:
      return "spf";
    case AccessKey::Listed:
      return "listed";
    case AccessKey::Time:
      return "time";
  }
  return "?";
}

AccessPattern parse_access_pattern(AccessKey key, std::string_view value) {
  if (value.empty()) throw std::invalid_argument("a value is empty");
  const bool takes_regexp = key == AccessKey::ClientName || key == AccessKey::Helo ||
                            key == AccessKey::Login || key == AccessKey::Sender ||
                            key == AccessKey::Recipient;
  if (takes_regexp && is_regexp(value)) return regexp(value);
  if (takes_regexp && value.front() == '/') refuse(value, "is a regular expression without its end \"/\"");
  switch (key) {
    case AccessKey::Client:
      return network(value);
    case AccessKey::ClientName: {
      AccessPattern out = name(value, Kind::Exact);
      if (IpAddress::parse(value) || value.starts_with('['))
        refuse(value, "is an address, not a name; use client=");
      return out;
    }
    case AccessKey::Helo:
      return helo(value);
    case AccessKey::Sender:
    case AccessKey::Recipient:
      return address(key, value);
    case AccessKey::Login:
      return {Kind::Exact, fold_name(value)};
    case AccessKey::Direction:
      return word(value, std::to_array<std::string_view>({"inbound", "outbound"}));
    case AccessKey::Spf:
      return word(value, std::to_array<std::string_view>(
                             {"pass", "fail", "softfail", "neutral", "none", "temperror", "permerror"}));
    case AccessKey::Listed: {
      AccessPattern out{Kind::Exact, domain(value, value)};
      if (out.text.starts_with('[')) refuse(value, "is not a zone");
      return out;
    }
    case AccessKey::Time:
      return span(value);
  }
  throw std::invalid_argument("no such key");
}

std::string to_string(AccessKey key, const AccessPattern& pattern) {
  switch (pattern.kind) {
    case Kind::Below:
      return "." + pattern.text;
    case Kind::Local:
      return written_local(pattern.text) + "@";
    case Kind::Regex:
      return "/" + pattern.text + "/";
    case Kind::Exact:
      return pattern.text.empty() ? "<>" : written(key, pattern.text);
    default:
      return pattern.text;
  }
}

}  // namespace mailreeve
