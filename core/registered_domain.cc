// SPDX-License-Identifier: BSD-2-Clause
#include "core/registered_domain.h"

#include <libpsl.h>

#include <algorithm>

namespace mailreeve {

namespace {

// The system's list (Debian package publicsuffix) or the library's, whichever is
// newer. A libpsl built without a list, on a system without one, knows no suffixes;
// then no name has a registered domain.
const psl_ctx_t* public_suffixes() {
  static const psl_ctx_t* const list = psl_latest(nullptr);
  return list;
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_text(char c) { return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-' || c == '_'; }

// Requires labels of 1 to 63 octets; the last must not be a number (RFC 1123 section 2.1).
bool is_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  std::size_t label = 0;
  for (const char c : name) {
    if (c == '.') {
      if (label == 0) return false;
      label = 0;
    } else if (!is_name_text(c) || ++label > 63) {
      return false;
    }
  }
  const auto last = name.substr(name.size() - label);
  return label != 0 && !std::all_of(last.begin(), last.end(), is_digit);
}

}  // namespace

std::optional<std::string> registered_domain(std::string_view name) {
  if (name.ends_with('.')) name.remove_suffix(1);
  if (!is_name(name)) return std::nullopt;
  const std::string asked(name);
  const char* found = psl_registrable_domain(public_suffixes(), asked.c_str());
  if (!found) return std::nullopt;
  return std::string(found);
}

}  // namespace mailreeve
