// SPDX-License-Identifier: BSD-2-Clause
// The table of access rules, which all hosts share: each rule as a line of text, in an
// order, see access/rule.h. Its version moves with every change, so that a host learns with one
// small question whether there is something new.
#ifndef MAILREEVE_STORE_POLICYDB_ACCESS_ROWS_H
#define MAILREEVE_STORE_POLICYDB_ACCESS_ROWS_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "store/sql/sql.h"
#include "util/time.h"

namespace mailreeve {

// How many rules there may be, and how long one and its reason may be, in octets.
inline constexpr std::size_t kMostAccessRows = 100'000;
inline constexpr std::size_t kLongestStoredRule = 1024;
inline constexpr std::size_t kLongestReason = 255;

struct AccessRow {
  std::int64_t id = 0;  // never given again
  std::string rule;
  std::optional<TimePoint> until;  // it does not hold from this time on; none: until removed
  std::string why;
  TimePoint added;
};

// The present version; it differs from all earlier ones. Throws SqlError: Missing if there is no
// such table, or none of this version.
std::int64_t access_version(SqlDatabase& database, Deadline deadline);

// The rules that have not ended by `now`, in their order; the first kMostAccessRows and one more, if
// there are. Ask for the version before: a change between them is then seen at the next look.
// Throws SqlError.
std::vector<AccessRow> access_rows(SqlDatabase& database, TimePoint now, Deadline deadline);

// The row in "id, rule, until_ms, why, added_ms".
inline constexpr char kAccessColumns[] = "id, rule, until_ms, why, added_ms";
AccessRow access_row(const SqlRow& row);

}  // namespace mailreeve

#endif
