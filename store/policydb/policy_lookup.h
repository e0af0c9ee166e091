// SPDX-License-Identifier: BSD-2-Clause
// Finding and adding what has a name in CHAPPS' tables. For those who implement
// PolicyAdmin and PolicySchema.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_LOOKUP_H
#define MAILREEVE_STORE_POLICYDB_POLICY_LOOKUP_H

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "store/policydb/policy_admin.h"
#include "store/policydb/policy_schema.h"
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
// The name as it is stored: Invalid if it cannot be one.
std::string folded(const Noun& noun, const std::string& name);
std::optional<Named> find(SqlConnection& connection, const Noun& noun, const std::string& name);
// Unknown if it is not there.
Named need(SqlConnection& connection, const Noun& noun, const std::string& name);
// Likewise, but "*" is always known.
Named need_or_everybody(SqlConnection& connection, const Noun& noun, const std::string& name);
// Invalid, with what to write instead, if it looks like a pattern but would be one name.
void refuse_pattern(const Noun& noun, const std::string& name);
// Also if others add it at the same time. Exists if the database takes it for
// another name.
Named find_or_add(SqlConnection& connection, const Noun& noun, const std::string& name);
// Exists if it is there.
Named add(SqlConnection& connection, const Noun& noun, const std::string& name);

QuotaEntry quota_entry(SqlConnection& connection, const std::string& name);
// Also one that is over.
std::optional<RaiseEntry> raise_of(SqlConnection& connection, std::int64_t user);

// A failure of the database that is the admin's to mend as a PolicyAdminError;
// any other again. Only while it is being handled.
[[noreturn]] void translate(const SqlError& error);

template <class Work>
auto admin_read(SqlDatabase& database, Milliseconds patience, Work work) {
  try {
    return database.read(Deadline(patience), work);
  } catch (const SqlError& error) {
    translate(error);
  }
}

template <class Work>
auto admin_change(SqlDatabase& database, Milliseconds patience, Work work) {
  try {
    return database.change(Deadline(patience), [&](SqlConnection& connection) {
      refuse_newer_schema(connection, database.dialect());
      return work(connection);
    });
  } catch (const SqlError& error) {
    translate(error);
  }
}

// Runs what needs this table of ours; nothing happens if this account sees none.
// It is asked first: who tries to change a table that is not there is told by
// MySQL that he may not.
template <class Work>
void with_ours(SqlConnection& connection, const char* table, Work work) {
  if (sees_table(connection, table)) work();
}

// `"name"`, for a sentence.
std::string quoted(const std::string& name);
[[noreturn]] void refuse_unknown(const std::string& what);
[[noreturn]] void refuse_invalid(const std::string& why);

}  // namespace mailreeve

#endif
