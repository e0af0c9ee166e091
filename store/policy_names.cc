// SPDX-License-Identifier: BSD-2-Clause
#include "store/policy_names.h"

#include <algorithm>

#include "core/address.h"
#include "core/idna.h"

namespace mailreeve {

namespace {

// How many octets the character that begins with this one has; 0: none does.
std::size_t octets_of(unsigned char first) {
  if (first < 0x80) return 1;
  if (first >= 0xc2 && first <= 0xdf) return 2;
  if (first >= 0xe0 && first <= 0xef) return 3;
  if (first >= 0xf0 && first <= 0xf4) return 4;
  return 0;
}

// RFC 3629: no longer form than needed, no surrogates, nothing above U+10FFFF.
bool second_octet_fits(unsigned char first, unsigned char second) {
  if (first == 0xe0) return second >= 0xa0;
  if (first == 0xed) return second <= 0x9f;
  if (first == 0xf0) return second >= 0x90;
  if (first == 0xf4) return second <= 0x8f;
  return true;
}

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

// MySQL takes a blank at the end for nothing.
bool is_name(std::string_view name) {
  const auto control = [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; };
  return !name.empty() && name.front() != ' ' && name.back() != ' ' &&
         std::none_of(name.begin(), name.end(), control) && is_utf8(name);
}

}  // namespace

bool is_utf8(std::string_view text) {
  for (std::size_t i = 0; i < text.size();) {
    const auto first = static_cast<unsigned char>(text[i]);
    const std::size_t octets = octets_of(first);
    if (octets == 0 || i + octets > text.size()) return false;
    if (!std::all_of(text.begin() + static_cast<std::ptrdiff_t>(i + 1),
                     text.begin() + static_cast<std::ptrdiff_t>(i + octets), continues))
      return false;
    if (octets > 1 && !second_octet_fits(first, static_cast<unsigned char>(text[i + 1]))) return false;
    i += octets;
  }
  return true;
}

std::size_t length(std::string_view text) {
  return text.size() - static_cast<std::size_t>(std::count_if(text.begin(), text.end(), continues));
}

std::optional<std::string> fold_user(std::string_view name) {
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
  const Address address = Address::parse(name);
  if (!is_name(name) || address.text() != name || address.malformed() || address.domain().empty()) return {};
  return ascii_lower(address.local()) + "@" + address.domain();
}

std::optional<std::string> fold_quota(std::string_view name) {
  if (!is_name(name)) return {};
  return ascii_lower(name);
}

std::string with_u_labels(const std::string& folded) {
  const auto at = folded.rfind('@');
  if (at == std::string::npos) return domain_to_unicode(folded);
  return folded.substr(0, at + 1) + domain_to_unicode(folded.substr(at + 1));
}

}  // namespace mailreeve
