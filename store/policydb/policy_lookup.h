// SPDX-License-Identifier: BSD-2-Clause
// Finds and adds named rows in CHAPPS' tables. For the implementations of PolicyAdmin
// and PolicySchema.
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

QuotaEntry quota_entry(SqlConnection& connection, const std::string& name);
// Possibly one that has ended.
std::optional<RaiseEntry> raise_of(SqlConnection& connection, std::int64_t user);

// Rethrows the exception being handled: as a PolicyAdminError if it is a failure of the
// database that the admin can repair, otherwise unchanged.
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

// Runs code that needs this table of ours; does nothing if this account sees none.
// Checks first, because MySQL reports a missing permission to an account that changes a
// table that does not exist.
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
