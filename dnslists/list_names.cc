// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_names.h"

#include "core/idna.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestName = 253;
constexpr std::size_t kLongestLabel = 63;
constexpr std::string_view kHostCharacters = "abcdefghijklmnopqrstuvwxyz0123456789-_";

// Letters, digits, hyphens and underscores in two labels or more.
bool is_host_name(std::string_view name) {
  bool several = false;
  for (;;) {
    const auto dot = name.find('.');
    const auto label = name.substr(0, dot);
    if (label.empty() || label.size() > kLongestLabel) return false;
    if (label.find_first_not_of(kHostCharacters) != std::string_view::npos) return false;
    if (dot == std::string_view::npos) return several;
    several = true;
    name.remove_prefix(dot + 1);
  }
}

// "192.0.2.1" and what some take for it, as "10.1": no top-level domain is a number.
bool ends_in_number(std::string_view name) {
  const auto last = name.substr(name.rfind('.') + 1);
  return last.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<std::string> listable_name(std::string_view name) {
  if (name.size() > kLongestName + 1 || name.starts_with('[')) return std::nullopt;
  auto out = domain_to_ascii(name);
  if (!out) return std::nullopt;
  if (out->ends_with('.')) out->pop_back();
  if (!is_host_name(*out) || ends_in_number(*out)) return std::nullopt;
  return out;
}

std::optional<std::string> name_in_list(std::string_view what, std::string_view zone) {
  std::string out(what);
  out.append(1, '.').append(zone);
  if (out.size() > kLongestName) return std::nullopt;
  return out;
}

}  // namespace mailreeve
