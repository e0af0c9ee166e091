// SPDX-License-Identifier: BSD-2-Clause
#include "store/policy_rows.h"

#include <algorithm>
#include <limits>

#include "core/idna.h"

namespace mailreeve {

std::int64_t bounded_count(std::size_t count) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(count, kMost));
}

SqlValues page_values(const Page& page) {
  std::string pattern = "%";
  for (const char c : ascii_lower(page.search)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  if (pattern.size() > 1) pattern += '%';
  return {pattern, bounded_count(page.limit), bounded_count(page.offset)};
}

TotalsEntry totals_entry(const SqlRow& row) {
  return {.user = as_text(row.at(0)),
          .messages = as_number(row.at(1)),
          .recipients = as_number(row.at(2)),
          .refused = as_number(row.at(3)),
          .since = from_millis(as_number(row.at(4)))};
}

}  // namespace mailreeve
