// SPDX-License-Identifier: BSD-2-Clause
// Finds and adds named rows in CHAPPS' tables. For those who administer them. Names may have any
// case and U-labels; they are stored and shown folded, as UserPolicy::senders are.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_LOOKUP_H
#define MAILREEVE_STORE_POLICYDB_POLICY_LOOKUP_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/page.h"
#include "store/sql/sql.h"

namespace mailreeve {

// A table of names.
struct Noun {
  const char* table;
  const char* word;    // "user"
  const char* one;     // "a user"
  std::size_t length;  // of a name, in characters
  std::optional<std::string> (*fold)(std::string_view name);
};
extern const Noun kUserNoun;
extern const Noun kDomainNoun;
extern const Noun kAddressNoun;
extern const Noun kQuotaNoun;

struct Named {
  std::int64_t id = 0;
  std::string name;  // folded
};

// All throw PolicyAdminError.
//
// The name as stored: Invalid if it cannot be one.
std::string folded(const Noun& noun, const std::string& name);
std::optional<Named> find(SqlConnection& connection, const Noun& noun, const std::string& name);
// Unknown if it does not exist.
Named need(SqlConnection& connection, const Noun& noun, const std::string& name);
// Likewise, but "*" is always known.
Named need_or_everybody(SqlConnection& connection, const Noun& noun, const std::string& name);
// Invalid, with a suggestion, if it looks like a pattern but would be one name.
void refuse_pattern(const Noun& noun, const std::string& name);
// Also works if others add it at the same time. Exists if the database considers it
// equal to another name.
Named find_or_add(SqlConnection& connection, const Noun& noun, const std::string& name);
// Exists if it exists already.
Named add(SqlConnection& connection, const Noun& noun, const std::string& name);

// Sets the quota of the row with this id in a table that links quotas. False: it was so already.
bool put_quota(SqlConnection& connection, const std::string& table, const std::string& column,
               std::int64_t id, std::int64_t quota);

// The names in the first column, folded. A row that is no such name is shown as it is, so that it
// can be seen.
std::vector<std::string> names_in(const SqlRows& rows, const Noun& noun);
// A page of the users that these joins, which end where " = ?" may follow, link to something.
std::vector<std::string> users_of(SqlConnection& connection, const std::string& joins, std::int64_t id,
                                  const Page& page);

}  // namespace mailreeve

#endif
