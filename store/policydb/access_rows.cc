// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/access_rows.h"

#include "store/policydb/admin_error.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

std::int64_t access_version(SqlDatabase& database, Deadline deadline) {
  return database.read(deadline, [&](SqlConnection& connection) {
    try {
      refuse_newer_schema(connection, database.dialect());
    } catch (const PolicyAdminError& error) {
      throw SqlError(SqlError::Kind::Missing, error.what());
    }
    const SqlRows rows = connection.query("SELECT version FROM access_version");
    return rows.empty() ? std::int64_t{0} : as_number(rows[0].at(0));
  });
}

std::vector<AccessRow> access_rows(SqlDatabase& database, TimePoint now, Deadline deadline) {
  const SqlRows rows = database.read(deadline, [&](SqlConnection& connection) {
    return connection.query(std::string("SELECT ") + kAccessColumns +
                                " FROM access_rules WHERE until_ms IS NULL OR until_ms > ?"
                                " ORDER BY place, id LIMIT ?",
                            {to_millis(now), static_cast<std::int64_t>(kMostAccessRows + 1)});
  });
  std::vector<AccessRow> out;
  out.reserve(rows.size());
  for (const SqlRow& row : rows) out.push_back(access_row(row));
  return out;
}

AccessRow access_row(const SqlRow& row) {
  AccessRow out{.id = as_number(row.at(0)),
                .rule = as_text(row.at(1)),
                .until = {},
                .why = as_text(row.at(3)),
                .added = from_millis(as_number(row.at(4)))};
  if (!is_null(row[2])) out.until = from_millis(as_number(row[2]));
  return out;
}

}  // namespace mailreeve
