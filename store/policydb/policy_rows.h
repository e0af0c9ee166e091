// SPDX-License-Identifier: BSD-2-Clause
// Queries the policy database for rows by name, and returns rows as values, and pages
// of them. For the implementations of SqlPolicyDb and MessageTable, and of those who administer.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_ROWS_H
#define MAILREEVE_STORE_POLICYDB_POLICY_ROWS_H

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/page.h"
#include "core/policy_db.h"
#include "store/sql/sql.h"

namespace mailreeve {

// The rows with folded names, in A-labels or in U-labels. In `sql`, two places "?, ?"
// stand for each name. A text that the table's character set lacks is in no row.
SqlRows rows_named(SqlConnection& connection, const std::string& sql, const std::vector<std::string>& folded);
inline SqlRows rows_named(SqlConnection& connection, const std::string& sql, const std::string& folded) {
  return rows_named(connection, sql, std::vector<std::string>{folded});
}

// The names of names_of() that can be in a table, padded with further names, so that there are few
// different statements. "*" is the last.
std::vector<std::string> storable_names_of(std::string_view domain);
// "IN (?, ?, ...)", with two places for each of this many names.
std::string in_names(std::size_t count);
// The index of a row's folded name in the list; its size if not found.
std::size_t place_of(const std::vector<std::string>& names, const std::string& name);

// The policy for mail to a domain with these names: that of the closest one that exists.
DomainPolicy nearest_domain(SqlConnection& connection, const std::vector<std::string>& names);

// A page of the rows with a text in this column, in the order of the first column.
// Domains in the text may be in A-labels or in U-labels. `select` must end where a
// condition may follow; `first` are its values.
SqlRows page_named(SqlConnection& connection, const std::string& select, const std::string& column,
                   const Page& page, const SqlValues& first = {});

// For "LIMIT ?".
std::int64_t bounded_count(std::size_t count);
// For "LIKE ? ESCAPE '!' ... LIMIT ? OFFSET ?".
SqlValues page_values(const Page& page);

// A quota's limits as given, or its plain number.
inline std::string limits_of(const SqlValue& number, const SqlValue& limits) {
  return as_text(is_null(limits) ? number : limits);
}

}  // namespace mailreeve

#endif
