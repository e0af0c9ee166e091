// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/raise_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

// The raise in "limits, until_ms, locked", which begin at this column.
RaiseEntry raise_entry(const SqlRow& row, std::size_t at) {
  RaiseEntry entry{.limits = as_text(row.at(at)), .until = {}, .locked = as_number(row.at(at + 2)) != 0};
  if (!is_null(row.at(at + 1))) entry.until = from_millis(as_number(row.at(at + 1)));
  return entry;
}

}  // namespace

std::optional<RaiseEntry> raise_of(SqlConnection& connection, std::int64_t user) {
  const SqlRows rows =
      connection.query("SELECT limits, until_ms, locked FROM raises WHERE user_id = ?", {user});
  if (rows.empty()) return {};
  return raise_entry(rows[0], 0);
}

bool RaiseAdmin::raise(const std::string& user, const std::string& limits, std::optional<TimePoint> until) {
  database_.checked_limits(limits);
  return database_.change([&](SqlConnection& connection) {
    const Named who = need_or_everybody(connection, kUserNoun, user);
    const auto before = raise_of(connection, who.id);
    SqlValue end;
    if (until) end = to_millis(*until);
    if (before)
      connection.change("UPDATE raises SET limits = ?, until_ms = ? WHERE user_id = ?",
                        {limits, end, who.id});
    else
      connection.change("INSERT INTO raises (user_id, limits, until_ms, locked) VALUES (?, ?, ?, 0)",
                        {who.id, limits, end});
    return before && before->locked;
  });
}

std::vector<RaisedUser> RaiseAdmin::raises(const Page& page, TimePoint now) {
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return page_named(
        connection,
        "SELECT u.name, r.limits, r.until_ms, r.locked FROM users u JOIN raises r ON r.user_id = u.id"
        " WHERE (r.locked <> 0 OR r.until_ms IS NULL OR r.until_ms > ?) AND ",
        "u.name", page, {to_millis(now)});
  });
  std::vector<RaisedUser> found;
  for (const SqlRow& row : rows)
    found.push_back(
        {.user = fold_user(as_text(row[0])).value_or(as_text(row[0])), .raise = raise_entry(row, 1)});
  return found;
}

bool RaiseAdmin::lower(const std::string& user) {
  return database_.change([&](SqlConnection& connection) {
    const Named who = need(connection, kUserNoun, user);
    return connection.change("DELETE FROM raises WHERE user_id = ?", {who.id}) > 0;
  });
}

bool RaiseAdmin::set_lock(const std::string& user, bool locked, TimePoint now) {
  return database_.change([&](SqlConnection& connection) {
    const Named who = need(connection, kUserNoun, user);
    const auto raise = raise_of(connection, who.id);
    if (!raise) refuse_unknown("the user " + quoted(who.name) + " has no raised limits");
    if (raise->locked == locked) return false;
    // What is over would hold again.
    if (locked && raise->until && *raise->until <= now)
      refuse_unknown("the user " + quoted(who.name) + " has no raised limits any more: they ended at " +
                     format_rfc3339(*raise->until));
    connection.change("UPDATE raises SET locked = ? WHERE user_id = ?", {std::int64_t{locked}, who.id});
    return true;
  });
}

}  // namespace mailreeve
