// SPDX-License-Identifier: BSD-2-Clause
// PolicyAdmin: quotas, and what users may.
#include <algorithm>
#include <span>

#include "core/domain_names.h"
#include "core/limits.h"
#include "store/policydb/policy_admin.h"
#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

using Kind = PolicyAdminError::Kind;

// How many lines of an import go into one transaction; fewer where one of them cannot be done.
constexpr std::size_t kImportStep = 100;
// In an import, for a quota.
constexpr std::string_view kNoQuota = "none";
// Numbers of other quotas that are looked through for a free one.
constexpr std::int64_t kNumbersTried = 1000;

std::vector<Limit> checked_limits(const std::string& limits, const LimitDefaults& defaults) {
  try {
    return parse_limits(limits, defaults);
  } catch (const std::invalid_argument& error) {
    refuse_invalid(error.what());
  }
}

bool is_plain_number(const std::string& limits) {
  return limits.find_first_not_of("0123456789") == std::string::npos;
}

std::optional<std::string> taken_by(SqlConnection& connection, std::int64_t number, std::int64_t but_id) {
  const SqlRows rows =
      connection.query("SELECT name FROM quotas WHERE quota = ? AND id <> ?", {number, but_id});
  if (rows.empty()) return {};
  return as_text(rows[0][0]);
}

// CHAPPS' tables give a number to one quota only. Where limits say what holds,
// the next lower number that is free does as well.
std::int64_t free_number(SqlConnection& connection, const std::string& limits, std::int64_t wanted,
                         std::int64_t but_id) {
  const auto owner = taken_by(connection, wanted, but_id);
  if (!owner) return wanted;
  if (!is_plain_number(limits))
    for (std::int64_t number = wanted - 1; number >= std::max<std::int64_t>(0, wanted - kNumbersTried);
         --number)
      if (!taken_by(connection, number, but_id)) return number;
  throw PolicyAdminError(Kind::Exists, "the quota " + quoted(*owner) + " has the number " +
                                           std::to_string(wanted) +
                                           " already, and the tables give a number to one quota only: limits "
                                           "with their window, as in " +
                                           std::to_string(wanted) + "/24h, may be given to several");
}

// A row of ours only where the number does not say it all.
void put_limits(SqlConnection& connection, std::int64_t quota, const std::string& limits) {
  if (is_plain_number(limits)) {
    with_ours(connection, "quota_limits",
              [&] { connection.change("DELETE FROM quota_limits WHERE quota_id = ?", {quota}); });
    return;
  }
  if (connection.change("UPDATE quota_limits SET limits = ? WHERE quota_id = ?", {limits, quota}) == 0)
    connection.change("INSERT INTO quota_limits (quota_id, limits) VALUES (?, ?)", {quota, limits});
}

QuotaEntry entry_of(const SqlRow& row) {
  return {.name = fold_quota(as_text(row[0])).value_or(as_text(row[0])),
          .number = as_number(row[1]),
          .limits = limits_of(row[1], row[2]),
          .users = as_number(row[3]),
          .domains = as_number(row[4])};
}

// With the limits and the domains, as far as our tables are there.
SqlRows quota_rows(SqlConnection& connection, const std::string& rest, const SqlValues& values) {
  const bool limits = sees_table(connection, "quota_limits");
  const bool domains = sees_table(connection, "domain_quota");
  std::string sql = std::string("SELECT q.name, q.quota, ") + (limits ? "l.limits" : "NULL") +
                    ", (SELECT COUNT(*) FROM quota_user qu WHERE qu.quota_id = q.id), ";
  sql += domains ? "(SELECT COUNT(*) FROM domain_quota dq JOIN domains d ON d.id = dq.domain_id"
                   " WHERE dq.quota_id = q.id)"
                 : "0";
  sql += " FROM quotas q";
  if (limits) sql += " LEFT JOIN quota_limits l ON l.quota_id = q.id";
  return connection.query(sql + rest, values);
}

// A thing that a user may send as, and the table that says so.
struct Grant {
  const Noun& noun;
  std::string table;
  std::string column;
};

Grant grant_of(const std::string& what) {
  if (what.find('@') != std::string::npos)
    return {.noun = kAddressNoun, .table = "email_user", .column = "email_id"};
  return {.noun = kDomainNoun, .table = "domain_user", .column = "domain_id"};
}

Named need_or_add(SqlConnection& connection, const Noun& noun, const std::string& name, bool create) {
  return create ? find_or_add(connection, noun, name) : need(connection, noun, name);
}

bool allow_one(SqlConnection& connection, const std::string& user, const std::string& what, bool create) {
  const Grant grant = grant_of(what);
  // Both are looked at before anything is added.
  refuse_pattern(grant.noun, what);
  folded(grant.noun, what);
  if (!create) need(connection, grant.noun, what);
  const Named who = need_or_add(connection, kUserNoun, user, create);
  const Named whose = need_or_add(connection, grant.noun, what, create);
  try {
    connection.change("INSERT INTO " + grant.table + " (user_id, " + grant.column + ") VALUES (?, ?)",
                      {who.id, whose.id});
    return true;
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    return false;
  }
}

bool deny_one(SqlConnection& connection, const std::string& user, const std::string& what) {
  const Grant grant = grant_of(what);
  const Named who = need(connection, kUserNoun, user);
  const Named whose = need(connection, grant.noun, what);
  return connection.change("DELETE FROM " + grant.table + " WHERE user_id = ? AND " + grant.column + " = ?",
                           {who.id, whose.id}) > 0;
}

// False: it is so already.
bool put_link(SqlConnection& connection, const std::string& table, const std::string& column, std::int64_t id,
              std::int64_t quota) {
  const std::string where = " WHERE " + column + " = ?";
  const SqlRows now = connection.query("SELECT quota_id FROM " + table + where, {id});
  if (!now.empty() && as_number(now[0][0]) == quota) return false;
  if (now.empty())
    connection.change("INSERT INTO " + table + " (" + column + ", quota_id) VALUES (?, ?)", {id, quota});
  else
    connection.change("UPDATE " + table + " SET quota_id = ?" + where, {quota, id});
  return true;
}

bool set_one_quota(SqlConnection& connection, const std::string& user, const std::string& quota,
                   bool create) {
  if (quota.empty())
    return connection.change("DELETE FROM quota_user WHERE user_id = ?",
                             {need_or_add(connection, kUserNoun, user, create || user == kEverybody).id}) > 0;
  const Named what = need(connection, kQuotaNoun, quota);
  const Named who = need_or_add(connection, kUserNoun, user, create || user == kEverybody);
  return put_link(connection, "quota_user", "user_id", who.id, what.id);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

struct Order {
  std::string_view verb;
  std::string user;
  std::string what;
};

// "verb:user:what"; a user's name may have colons, the others have none.
Order order_of(std::string_view line) {
  const auto first = line.find(':');
  const auto last = line.rfind(':');
  if (first == std::string_view::npos || first == last) return {};
  return {.verb = trimmed(line.substr(0, first)),
          .user = std::string(trimmed(line.substr(first + 1, last - first - 1))),
          .what = std::string(trimmed(line.substr(last + 1)))};
}

bool is_no_quota(const std::string& name) { return fold_quota(name) == kNoQuota; }

// What an admin may have to be warned of.
void note_done(Order order, ImportReport& report) {
  report.everything_to_everybody |=
      order.verb == "allow" && order.user == kEverybody && order.what == kEverybody;
  if (order.verb == "deny")
    report.denied.push_back(std::move(order.user));
  else if (order.verb == "quota" && is_no_quota(order.what))
    report.without_quota.push_back(std::move(order.user));
}

void import_line(SqlConnection& connection, std::string_view line, bool create) {
  const auto& [verb, user, what] = order_of(line);
  if (verb == "allow")
    allow_one(connection, user, what, create);
  else if (verb == "deny")
    deny_one(connection, user, what);
  else if (verb == "quota" && !what.empty())
    set_one_quota(connection, user, is_no_quota(what) ? "" : what, create);
  else
    refuse_invalid("a line is allow:USER:WHAT, deny:USER:WHAT, quota:USER:QUOTA or quota:USER:none");
}

// A name may have a "#" in it.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  return line;
}

std::vector<ImportLine> lines_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::vector<ImportLine> lines;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    if (!line.empty()) lines.push_back({.number = number, .text = line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

std::optional<RaiseEntry> raise_of(SqlConnection& connection, std::int64_t user) {
  const SqlRows rows =
      connection.query("SELECT limits, until_ms, locked FROM raises WHERE user_id = ?", {user});
  if (rows.empty()) return {};
  return raise_entry(rows[0], 0);
}

QuotaEntry quota_entry(SqlConnection& connection, const std::string& name) {
  const Named named = need(connection, kQuotaNoun, name);
  return entry_of(quota_rows(connection, " WHERE q.id = ?", {named.id}).at(0));
}

std::vector<QuotaEntry> PolicyAdmin::quotas(const Page& page) {
  const SqlRows rows = admin_read(database_, patience_, [&](SqlConnection& connection) {
    return quota_rows(connection, " WHERE q.name LIKE ? ESCAPE '!' ORDER BY q.name LIMIT ? OFFSET ?",
                      page_values(page));
  });
  std::vector<QuotaEntry> found;
  for (const SqlRow& row : rows) found.push_back(entry_of(row));
  return found;
}

QuotaEntry PolicyAdmin::quota(const std::string& name) {
  return admin_read(database_, patience_,
                    [&](SqlConnection& connection) { return quota_entry(connection, name); });
}

void PolicyAdmin::add_quota(const std::string& name, const std::string& limits) {
  const std::int64_t first = checked_limits(limits, defaults_).front().most;
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    const std::string wanted = folded(kQuotaNoun, name);
    if (find(connection, kQuotaNoun, wanted))
      throw PolicyAdminError(Kind::Exists, "the quota " + quoted(wanted) + " is there already");
    const std::int64_t number = free_number(connection, limits, first, 0);
    connection.change("INSERT INTO quotas (name, quota) VALUES (?, ?)", {wanted, number});
    put_limits(connection, need(connection, kQuotaNoun, wanted).id, limits);
  });
}

bool PolicyAdmin::change_quota(const std::string& name, const std::string& limits) {
  const std::int64_t first = checked_limits(limits, defaults_).front().most;
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kQuotaNoun, name);
    const QuotaEntry before = quota_entry(connection, name);
    const std::int64_t number = free_number(connection, limits, first, named.id);
    connection.change("UPDATE quotas SET quota = ? WHERE id = ?", {number, named.id});
    put_limits(connection, named.id, limits);
    return before.number != number || before.limits != quota_entry(connection, name).limits;
  });
}

// Its users would have the default without anybody having said so.
void PolicyAdmin::remove_quota(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kQuotaNoun, name);
    const auto users = quota_entry(connection, name).users;
    if (users > 0)
      refuse_invalid("the quota " + quoted(named.name) + " has " + std::to_string(users) + " users");
    with_ours(connection, "domain_quota", [&] {
      const SqlRows domains = connection.query(
          "SELECT d.name FROM domain_quota dq JOIN domains d ON d.id = dq.domain_id WHERE dq.quota_id = ?"
          " ORDER BY d.name LIMIT 1",
          {named.id});
      if (!domains.empty())
        refuse_invalid("the quota " + quoted(named.name) + " is that of the domain " +
                       quoted(as_text(domains[0][0])) + "'s users");
    });
    with_ours(connection, "quota_limits",
              [&] { connection.change("DELETE FROM quota_limits WHERE quota_id = ?", {named.id}); });
    connection.change("DELETE FROM quotas WHERE id = ?", {named.id});
  });
}

bool PolicyAdmin::set_domain_quota(const std::string& name, const std::string& quota) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named domain = need_or_everybody(connection, kDomainNoun, name);
    if (quota.empty())
      return connection.change("DELETE FROM domain_quota WHERE domain_id = ?", {domain.id}) > 0;
    return put_link(connection, "domain_quota", "domain_id", domain.id,
                    need(connection, kQuotaNoun, quota).id);
  });
}

bool PolicyAdmin::allow(const std::string& user, const std::string& what, bool create) {
  return admin_change(database_, patience_,
                      [&](SqlConnection& connection) { return allow_one(connection, user, what, create); });
}

bool PolicyAdmin::deny(const std::string& user, const std::string& what) {
  return admin_change(database_, patience_,
                      [&](SqlConnection& connection) { return deny_one(connection, user, what); });
}

bool PolicyAdmin::set_quota(const std::string& user, const std::string& quota) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    return set_one_quota(connection, user, quota, false);
  });
}

bool PolicyAdmin::raise(const std::string& user, const std::string& limits, std::optional<TimePoint> until) {
  checked_limits(limits, defaults_);
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
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

bool PolicyAdmin::lower(const std::string& user) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named who = need(connection, kUserNoun, user);
    return connection.change("DELETE FROM raises WHERE user_id = ?", {who.id}) > 0;
  });
}

bool PolicyAdmin::set_lock(const std::string& user, bool locked, TimePoint now) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
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

ImportReport PolicyAdmin::import_lines(std::string_view text, bool create) {
  ImportReport report;
  const std::vector<ImportLine> lines = lines_of(text);
  for (std::size_t at = 0; at < lines.size(); at += kImportStep)
    import_step(std::span(lines).subspan(at, std::min(kImportStep, lines.size() - at)), create, report);
  return report;
}

// What a line that cannot be done has done already must not stay.
void PolicyAdmin::import_step(std::span<const ImportLine> lines, bool create, ImportReport& report) {
  try {
    admin_change(database_, patience_, [&](SqlConnection& connection) {
      for (const ImportLine& line : lines) import_line(connection, line.text, create);
    });
    report.done += lines.size();
    for (const ImportLine& line : lines) note_done(order_of(line.text), report);
  } catch (const PolicyAdminError& error) {
    // No other line can be done, either.
    if (error.kind() == Kind::Tables) throw;
    if (lines.size() == 1) {
      report.problems.push_back({.line = lines[0].number, .text = error.what()});
      return;
    }
    const std::size_t half = lines.size() / 2;
    import_step(lines.first(half), create, report);
    import_step(lines.subspan(half), create, report);
  }
}

}  // namespace mailreeve
