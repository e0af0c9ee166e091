// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/quota_admin.h"

#include <algorithm>
#include <optional>

#include "core/limits.h"
#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

using Kind = PolicyAdminError::Kind;

// Numbers of other quotas that are looked through for a free one.
constexpr std::int64_t kNumbersTried = 1000;

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

}  // namespace

QuotaEntry quota_entry(SqlConnection& connection, const std::string& name) {
  const Named named = need(connection, kQuotaNoun, name);
  return entry_of(quota_rows(connection, " WHERE q.id = ?", {named.id}).at(0));
}

std::vector<QuotaEntry> QuotaAdmin::quotas(const Page& page) {
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return quota_rows(connection, " WHERE q.name LIKE ? ESCAPE '!' ORDER BY q.name LIMIT ? OFFSET ?",
                      page_values(page));
  });
  std::vector<QuotaEntry> found;
  for (const SqlRow& row : rows) found.push_back(entry_of(row));
  return found;
}

QuotaEntry QuotaAdmin::quota(const std::string& name) {
  return database_.read([&](SqlConnection& connection) { return quota_entry(connection, name); });
}

void QuotaAdmin::add_quota(const std::string& name, const std::string& limits) {
  const std::int64_t first = database_.checked_limits(limits).front().most;
  database_.change([&](SqlConnection& connection) {
    const std::string wanted = folded(kQuotaNoun, name);
    if (find(connection, kQuotaNoun, wanted))
      throw PolicyAdminError(Kind::Exists, "the quota " + quoted(wanted) + " is there already");
    const std::int64_t number = free_number(connection, limits, first, 0);
    connection.change("INSERT INTO quotas (name, quota) VALUES (?, ?)", {wanted, number});
    put_limits(connection, need(connection, kQuotaNoun, wanted).id, limits);
  });
}

bool QuotaAdmin::change_quota(const std::string& name, const std::string& limits) {
  const std::int64_t first = database_.checked_limits(limits).front().most;
  return database_.change([&](SqlConnection& connection) {
    const Named named = need(connection, kQuotaNoun, name);
    const QuotaEntry before = quota_entry(connection, name);
    const std::int64_t number = free_number(connection, limits, first, named.id);
    connection.change("UPDATE quotas SET quota = ? WHERE id = ?", {number, named.id});
    put_limits(connection, named.id, limits);
    return before.number != number || before.limits != quota_entry(connection, name).limits;
  });
}

// Its users would have the default without anybody having said so.
void QuotaAdmin::remove_quota(const std::string& name) {
  database_.change([&](SqlConnection& connection) {
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

}  // namespace mailreeve
