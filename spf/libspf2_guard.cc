// SPDX-License-Identifier: BSD-2-Clause
#include "spf/libspf2_guard.h"

#include <algorithm>
#include <vector>

#include "core/idna.h"
#include "spf/ascii.h"
#include "spf/macro.h"

namespace mailreeve {

namespace {

constexpr std::size_t kRoom = 500;
constexpr std::size_t kPerMacro = 8;

std::vector<std::string_view> terms_of(std::string_view record) {
  std::vector<std::string_view> terms;
  while (!record.empty()) {
    const auto term = record.substr(0, record.find(' '));
    if (!term.empty()) terms.push_back(term);
    record.remove_prefix(std::min(term.size() + 1, record.size()));
  }
  return terms;
}

constexpr std::string_view kExp = "exp=";
constexpr std::string_view kExpText = "exp-text=";

bool begins_with(std::string_view term, std::string_view name) {
  return ascii_lower(term.substr(0, name.size())) == name;
}

bool is_too_big(std::string_view term) {
  const auto macros = static_cast<std::size_t>(std::count(term.begin(), term.end(), '%'));
  return term.size() + kPerMacro * macros > kRoom;
}

}  // namespace

std::string danger_in_record(std::string_view record) {
  if (!is_printable(record)) return "an octet that is not printable ASCII";
  const auto terms = terms_of(record);
  if (std::any_of(terms.begin(), terms.end(), is_too_big)) return "a term that is too big for libspf2";
  return {};
}

std::string fault_in_explanation(std::string_view record) {
  bool seen = false;
  for (const auto term : terms_of(record)) {
    if (!begins_with(term, kExp)) continue;
    if (seen) return "a second exp=";
    seen = true;
    if (!MacroString::parse(term.substr(kExp.size()), MacroString::Use::DomainSpec))
      return "syntax error in exp=";
  }
  return {};
}

std::string without_explanations(std::string_view record) {
  std::string out;
  for (const auto term : terms_of(record))
    if (!begins_with(term, kExp) && !begins_with(term, kExpText))
      out.append(out.empty() ? "" : " ").append(term);
  // libspf2 requires a delimiter after a lone "v=spf1".
  return out.append(" ");
}

}  // namespace mailreeve
