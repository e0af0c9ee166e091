// SPDX-License-Identifier: BSD-2-Clause
// The tables of the policy database: those of CHAPPS, as CHAPPS creates them, and
// ours. In MySQL, creates tables only on request; never changes CHAPPS' tables.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_SCHEMA_H
#define MAILREEVE_STORE_POLICYDB_POLICY_SCHEMA_H

#include <string>
#include <vector>

#include "store/sql/sql.h"
#include "store/sql/sqlite_file.h"

namespace mailreeve {

struct PolicySchema {
  bool policy = false;  // CHAPPS' tables exist
  int version = 0;      // of ours; 0: they do not exist
  int wanted = 0;       // by this version of mailreeve
  // Problems of the tables, a phrase each, with a remedy.
  std::vector<std::string> problems{};
  bool current() const { return policy && version == wanted && problems.empty(); }
};

// Whether this account sees a table with these columns. Throws SqlError.
bool sees_table(SqlConnection& connection, const std::string& table, const std::string& columns = "1");
// Throws PolicyAdminError if our tables are of a newer version: this one may not know
// everything that a change must do there.
void refuse_newer_schema(SqlConnection& connection, SqlDialect dialect);

// Throws SqlError.
PolicySchema check_policy_schema(SqlDatabase& database, Deadline deadline);

// Creates every missing table, each separately. Existing tables remain; creates
// nothing if something else has one of the names. Returns what it created. Throws
// SqlError, and std::runtime_error if ours exist in another version, or if a problem
// remains.
std::vector<std::string> init_policy_schema(SqlDatabase& database, Deadline deadline);

// Brings our tables to this version. Throws SqlError, and std::runtime_error if
// there are none or they belong to a newer version.
void upgrade_policy_schema(SqlDatabase& database, Deadline deadline);

// The format of an SQLite file, which is created and upgraded when it is opened.
const SqliteFormat& policy_format();

}  // namespace mailreeve

#endif
