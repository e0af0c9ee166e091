// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/access_admin.h"

#include <algorithm>

#include "core/unicode.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

bool is_control(unsigned char c) { return c < 0x20 || c == 0x7f; }

void check_text(const std::string& what, const std::string& text, std::size_t most) {
  if (text.size() > most)
    refuse_invalid(what + " is too long: it has " + std::to_string(most) + " octets at most");
  if (!is_utf8(text)) refuse_invalid(what + " is not UTF-8");
  if (std::any_of(text.begin(), text.end(), is_control))
    refuse_invalid(what + " has a line end or another control character in it");
}

void check(const NewAccessRow& row) {
  if (row.rule.empty()) refuse_invalid("the rule is empty");
  check_text("the rule", row.rule, kLongestStoredRule);
  check_text("the reason", row.why, kLongestReason);
}

bool raise_version(SqlConnection& connection, std::int64_t least) {
  return connection.change(
             "UPDATE access_version SET version = CASE WHEN version < ? THEN ? ELSE version + 1 END",
             {least, least}) > 0;
}

// Begins a change: others wait until it is committed. The time keeps a version apart from those
// that there were before the database was restored from a backup.
void move_version(SqlConnection& connection, TimePoint now) {
  const std::int64_t least = to_millis(now);
  if (raise_version(connection, least)) return;
  try {
    connection.change("INSERT INTO access_version (id, version) VALUES (1, ?)", {least});
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    // Another was faster.
    raise_version(connection, least);
  }
}

void purge(SqlConnection& connection, TimePoint now) {
  connection.change("DELETE FROM access_rules WHERE until_ms <= ?", {to_millis(now)});
}

std::int64_t number_of(SqlConnection& connection, const std::string& sql) {
  return as_number(connection.query(sql).at(0).at(0));
}

std::optional<std::int64_t> id_of(SqlConnection& connection, const std::string& rule) {
  const SqlRows rows = connection.query("SELECT id FROM access_rules WHERE rule = ? ORDER BY id", {rule});
  if (rows.empty()) return std::nullopt;
  return as_number(rows[0].at(0));
}

SqlValue millis(const std::optional<TimePoint>& when) {
  if (!when) return {};
  return to_millis(*when);
}

std::int64_t put(SqlConnection& connection, const NewAccessRow& row, AccessPlace where, TimePoint now) {
  const bool first = where == AccessPlace::First;
  const std::int64_t place =
      number_of(connection, first ? "SELECT COALESCE(MIN(place), 0) - 1 FROM access_rules"
                                  : "SELECT COALESCE(MAX(place), 0) + 1 FROM access_rules");
  if (const auto id = id_of(connection, row.rule)) {
    connection.change("UPDATE access_rules SET until_ms = ?, why = ? WHERE id = ?",
                      {millis(row.until), row.why, *id});
    if (first) connection.change("UPDATE access_rules SET place = ? WHERE id = ?", {place, *id});
    return *id;
  }
  connection.change("INSERT INTO access_rules (place, rule, until_ms, why, added_ms) VALUES (?, ?, ?, ?, ?)",
                    {place, row.rule, millis(row.until), row.why, to_millis(now)});
  return *id_of(connection, row.rule);
}

}  // namespace

std::vector<AccessRow> AccessAdmin::rules(const Page& page, TimePoint now) {
  // LOWER() changes ASCII only in SQLite, and all letters in MySQL.
  const SqlValues ascii = page_values(page);
  const SqlValues all = page_values({.search = fold_case(page.search)});
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return connection.query(std::string("SELECT ") + kAccessColumns +
                                " FROM access_rules WHERE (until_ms IS NULL OR until_ms > ?)"
                                " AND (LOWER(rule) LIKE ? ESCAPE '!' OR LOWER(rule) LIKE ? ESCAPE '!'"
                                " OR LOWER(why) LIKE ? ESCAPE '!' OR LOWER(why) LIKE ? ESCAPE '!')"
                                " ORDER BY place, id LIMIT ? OFFSET ?",
                            {to_millis(now), ascii[0], all[0], ascii[0], all[0], ascii[1], ascii[2]});
  });
  std::vector<AccessRow> found;
  for (const SqlRow& row : rows) found.push_back(access_row(row));
  return found;
}

std::vector<std::int64_t> AccessAdmin::add_rules(std::span<const NewAccessRow> rows, AccessPlace place,
                                                 TimePoint now) {
  for (const NewAccessRow& row : rows) check(row);
  return database_.change([&](SqlConnection& connection) {
    move_version(connection, now);
    purge(connection, now);
    std::vector<std::int64_t> ids(rows.size());
    // The last one first: each goes before those that are there.
    const bool backwards = place == AccessPlace::First;
    for (std::size_t i = 0; i < rows.size(); ++i) {
      const std::size_t at = backwards ? rows.size() - 1 - i : i;
      ids[at] = put(connection, rows[at], place, now);
    }
    if (number_of(connection, "SELECT COUNT(*) FROM access_rules") >
        static_cast<std::int64_t>(kMostAccessRows))
      refuse_invalid("there are " + std::to_string(kMostAccessRows) +
                     " rules already, as many as there may be");
    return ids;
  });
}

std::vector<AccessRow> AccessAdmin::remove_rules(std::span<const std::int64_t> ids, TimePoint now) {
  return database_.change([&](SqlConnection& connection) {
    move_version(connection, now);
    purge(connection, now);
    std::vector<AccessRow> removed;
    for (const std::int64_t id : ids) {
      const SqlRows rows =
          connection.query(std::string("SELECT ") + kAccessColumns + " FROM access_rules WHERE id = ?", {id});
      if (rows.empty()) refuse_unknown("there is no rule " + std::to_string(id));
      connection.change("DELETE FROM access_rules WHERE id = ?", {id});
      removed.push_back(access_row(rows[0]));
    }
    return removed;
  });
}

}  // namespace mailreeve
