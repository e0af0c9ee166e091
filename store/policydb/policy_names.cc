// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_names.h"

#include <algorithm>

#include "core/address.h"
#include "core/idna.h"
#include "core/unicode.h"

namespace mailreeve {

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// MySQL takes a blank at the end for nothing.
bool is_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !name.empty() && name.front() != ' ' && name.back() != ' ' &&
         std::none_of(name.begin(), name.end(), control) && is_utf8(name);
}

}  // namespace

std::size_t length(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::optional<std::string> fold_user(std::string_view name) {
  name = trimmed(name);
  if (!is_name(name)) return {};
  return fold_name(name);
}

std::optional<std::string> fold_domain(std::string_view name) {
  if (name == "*") return std::string(name);
  const bool below = name.starts_with('.');
  if (below) name.remove_prefix(1);
  const Address address = Address::parse("x@" + std::string(name));
  if (!is_utf8(name) || name.find('@') != std::string_view::npos || address.malformed()) return {};
  return (below ? "." : "") + address.domain();
}

std::optional<std::string> fold_address(std::string_view name) {
  name = trimmed(name);
  const Address address = Address::parse_name(name);
  if (!is_name(name) || address.malformed() || address.domain().empty()) return {};
  return address.folded();
}

std::optional<std::string> fold_quota(std::string_view name) {
  if (!is_name(name)) return {};
  return ascii_lower(name);
}

std::optional<std::string> meant_by(std::string_view name) {
  if (name == "*") return {};
  const bool address = name.starts_with("*@") || name.starts_with('@');
  if (address) name.remove_prefix(name.find('@') + 1);
  const bool below = name.starts_with("*.");
  if (below) name.remove_prefix(1);
  return address || below ? fold_domain(name) : std::nullopt;
}

std::string as_others_write(const std::string& folded) {
  const auto at = folded.rfind('@');
  const std::size_t domain = at == std::string::npos ? 0 : at + 1;
  const std::string unicode = folded.substr(0, domain) + domain_to_unicode(folded.substr(domain));
  return unicode == folded ? capitals_beyond_ascii(folded) : unicode;
}

}  // namespace mailreeve
