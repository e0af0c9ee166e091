// SPDX-License-Identifier: BSD-2-Clause
// The tables of the policy database: those of CHAPPS as CHAPPS makes them, and
// ours beside them. In MySQL nothing is made unless asked for; CHAPPS' tables
// are never changed.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_SCHEMA_H
#define MAILREEVE_STORE_POLICYDB_POLICY_SCHEMA_H

#include <string>
#include <vector>

#include "store/sql/sql.h"
#include "store/sql/sqlite_file.h"

namespace mailreeve {

struct PolicySchema {
  bool policy = false;  // CHAPPS' tables are there
  int version = 0;      // of ours; 0: they are not there
  int wanted = 0;       // by this version of mailreeve
  // What is wrong with the tables, a phrase each, and what to do about it.
  std::vector<std::string> problems{};
  bool current() const { return policy && version == wanted && problems.empty(); }
};

// Whether this account sees a table with these columns. Throws SqlError.
bool sees_table(SqlConnection& connection, const std::string& table, const std::string& columns = "1");
// Throws PolicyAdminError if our tables are of a newer version: this one may not
// know all that a change must do there.
void refuse_newer_schema(SqlConnection& connection, SqlDialect dialect);

// Throws SqlError.
PolicySchema check_policy_schema(SqlDatabase& database, Deadline deadline);

// Makes every table that is missing, each by itself. What is there stays; nothing
// is made if something else has one of the names. Says what it made.
// Throws SqlError, and std::runtime_error if ours are there in another version,
// or if something is wrong still.
std::vector<std::string> init_policy_schema(SqlDatabase& database, Deadline deadline);

// Brings our tables to this version. Throws SqlError, and std::runtime_error if
// there are none or they belong to a newer version.
void upgrade_policy_schema(SqlDatabase& database, Deadline deadline);

// Of an SQLite file, which is made and upgraded when it is opened.
const SqliteFormat& policy_format();

}  // namespace mailreeve

#endif
