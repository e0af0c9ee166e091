// SPDX-License-Identifier: BSD-2-Clause
// The access rules of the database, as an admin sees and changes them. What a rule says is
// checked by the caller; here it is a line of text. Each change removes those that have ended.
#ifndef MAILREEVE_STORE_POLICYDB_ACCESS_ADMIN_H
#define MAILREEVE_STORE_POLICYDB_ACCESS_ADMIN_H

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/page.h"
#include "store/policydb/access_rows.h"
#include "store/policydb/admin_database.h"

namespace mailreeve {

struct NewAccessRow {
  std::string rule;
  std::optional<TimePoint> until;
  std::string why;
};

enum class AccessPlace { First, Last };

class AccessAdmin {
 public:
  explicit AccessAdmin(const AdminDatabase& database) : database_(database) {}

  // Those that have not ended, in the order in which they are tried. The search is for a text in the
  // rule or its reason, in any case of ASCII.
  std::vector<AccessRow> rules(const Page& page, TimePoint now);
  // Puts them, in this order, before or behind the others, and returns their numbers. A rule that
  // is there keeps its number, and its place unless it is to be first; end and reason become those
  // given. Invalid: too long, no text, or too many.
  std::vector<std::int64_t> add_rules(std::span<const NewAccessRow> rows, AccessPlace place, TimePoint now);
  // All or, if one of them is not there or has ended, none (Unknown). Returns what they were.
  std::vector<AccessRow> remove_rules(std::span<const std::int64_t> ids, TimePoint now);

 private:
  AdminDatabase database_;
};

}  // namespace mailreeve

#endif
