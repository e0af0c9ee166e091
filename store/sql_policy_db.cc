// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql_policy_db.h"

#include <algorithm>
#include <utility>

#include "store/policy_admin.h"
#include "store/policy_names.h"
#include "store/policy_rows.h"
#include "store/policy_schema.h"

namespace mailreeve {

namespace {

using Steady = std::chrono::steady_clock;
constexpr std::chrono::seconds kPlainFor{60};

// How a statement is written for one kind of server, with our tables or without.
struct Wording {
  SqlDialect dialect;
  bool plain;

  // CHAPPS' tables have the collation that the server had that day, ours have
  // their own, and MySQL does not put texts of two into one column.
  std::string text(const std::string& column) const {
    if (dialect == SqlDialect::Sqlite) return column;
    return "CONVERT(" + column + " USING utf8mb4) COLLATE utf8mb4_bin";
  }
};

// What a row of the answer about a user is; its first column.
constexpr char kUser[] = "u";
constexpr char kDomain[] = "d";
constexpr char kAddress[] = "e";
constexpr char kAlias[] = "a";
constexpr char kQuota[] = "q";
constexpr char kRaise[] = "r";

std::string user_part(const Wording& wording, const char* kind, const std::string& first,
                      const std::string& second, const std::string& third, const std::string& joins) {
  const auto column = [&](const std::string& name) { return name.empty() ? "NULL" : wording.text(name); };
  return std::string("SELECT '") + kind + "', " + wording.text("u.name") + ", " + column(first) + ", " +
         column(second) + ", " + column(third) + " FROM users u " + joins + " WHERE u.name IN (?, ?)";
}

// All about a user in one statement; kParts times the two forms of its name.
constexpr std::size_t kParts = 7;
constexpr std::size_t kPlainParts = 4;

std::string user_sql(const Wording& wording) {
  const std::string addresses = "JOIN email_user eu ON eu.user_id = u.id JOIN emails e ON e.id = eu.email_id";
  const std::string quota = "JOIN quota_user qu ON qu.user_id = u.id JOIN quotas q ON q.id = qu.quota_id";
  const std::string limits = " LEFT JOIN quota_limits l ON l.quota_id = q.id";
  const std::string unite = " UNION ALL ";
  std::string sql = user_part(wording, kUser, "", "", "", "");
  sql += unite + user_part(wording, kDomain, "d.name", "", "",
                           "JOIN domain_user du ON du.user_id = u.id JOIN domains d ON d.id = du.domain_id");
  sql += unite + user_part(wording, kAddress, "e.name", "", "", addresses);
  sql += unite + user_part(wording, kQuota, "q.name", "CAST(q.quota AS CHAR)",
                           wording.plain ? "" : "l.limits", wording.plain ? quota : quota + limits);
  if (wording.plain) return sql;
  sql += unite + user_part(wording, kRaise, "r.limits", "CAST(r.until_ms AS CHAR)", "CAST(r.locked AS CHAR)",
                           "JOIN raises r ON r.user_id = u.id");
  // Targets are folded; what others wrote in CHAPPS' tables is not.
  const auto target = [&](const std::string& name) {
    return " JOIN aliases a ON a.target = LOWER(" +
           (wording.dialect == SqlDialect::Sqlite
                ? name + ")"
                : "CONVERT(" + name + " USING utf8mb4)) COLLATE utf8mb4_bin");
  };
  sql += unite + user_part(wording, kAlias, "a.alias", "a.target", "u.name", target("u.name"));
  sql += unite + user_part(wording, kAlias, "a.alias", "a.target", "e.name", addresses + target("e.name"));
  return sql;
}

std::string domain_sql(const Wording& wording) {
  const std::string quota =
      ", " + wording.text("q.name") + ", " + wording.text("CAST(q.quota AS CHAR)") + ", " +
      wording.text("l.limits") +
      " FROM domains d LEFT JOIN domain_quota dq ON dq.domain_id = d.id"
      " LEFT JOIN quotas q ON q.id = dq.quota_id LEFT JOIN quota_limits l ON l.quota_id = q.id";
  return "SELECT " + wording.text("d.name") + ", d.greylist, d.check_spf" +
         (wording.plain ? " FROM domains d" : quota) + " WHERE d.name IN (?, ?)";
}

// What is no name grants nothing, but its user is restricted all the same.
void add_sender(UserPolicy& policy, std::optional<std::string> sender) {
  policy.unreadable |= !sender;
  if (!sender) return;
  if (std::find(policy.senders.begin(), policy.senders.end(), *sender) == policy.senders.end())
    policy.senders.push_back(std::move(*sender));
}

// A raise that is over is none. A locked one does not end.
void set_raise(UserPolicy& policy, const SqlRow& row, TimePoint now) {
  const bool locked = as_number(row[4]) != 0;
  std::optional<TimePoint> until;
  if (!locked && !is_null(row[3])) until = from_millis(as_number(row[3]));
  if (until && *until <= now) return;
  policy.raised = as_text(row[2]);
  policy.raised_until = until;
}

// Whether a target in our table is what the row of CHAPPS' table says.
bool is_target(const SqlValue& target, const SqlValue& name) {
  const auto folded = fold_user(as_text(name));
  return folded && *folded == as_text(target);
}

void take(UserPolicy& policy, const SqlRow& row, TimePoint now) {
  const std::string kind = as_text(row[0]);
  if (kind == kDomain) {
    add_sender(policy, fold_domain(as_text(row[2])));
  } else if (kind == kAddress || (kind == kAlias && is_target(row[3], row[4]))) {
    add_sender(policy, fold_address(as_text(row[2])));
  } else if (kind == kQuota) {
    policy.quota = as_text(row[2]);
    policy.limits = limits_of(row[3], row[4]);
  } else if (kind == kRaise) {
    set_raise(policy, row, now);
  }
}

}  // namespace

bool SqlPolicyDb::plain() const { return Steady::now().time_since_epoch().count() < plain_until_; }

// What is in tables of a newer version may mean something else.
void SqlPolicyDb::check_version(SqlConnection& connection) {
  const auto now = Steady::now();
  if (now.time_since_epoch().count() < checked_until_) return;
  try {
    refuse_newer_schema(connection, database_.dialect());
  } catch (const PolicyAdminError& error) {
    throw SqlError(SqlError::Kind::Missing, error.what());
  }
  checked_until_ = (now + kPlainFor).time_since_epoch().count();
}

template <class Ask>
SqlRows SqlPolicyDb::ask(const Ask& ask_with, Deadline deadline) {
  return database_.read(deadline, [&](SqlConnection& connection) {
    Wording wording{.dialect = database_.dialect(), .plain = plain()};
    if (!wording.plain) {
      try {
        check_version(connection);
        return ask_with(connection, wording);
      } catch (const SqlError& error) {
        if (error.kind() != SqlError::Kind::Missing) throw;
        wording.plain = true;
      }
    }
    SqlRows rows = ask_with(connection, wording);
    // Only now is it known that nothing else is wrong.
    if (!plain()) plain_until_ = (Steady::now() + kPlainFor).time_since_epoch().count();
    return rows;
  });
}

UserPolicy SqlPolicyDb::user(const std::string& name, Deadline deadline) {
  UserPolicy policy;
  if (fold_user(name) != name || length(name) > kUserLength) return policy;
  const auto ask_with = [&](SqlConnection& connection, const Wording& wording) {
    return rows_named(connection, user_sql(wording), name, wording.plain ? kPlainParts : kParts);
  };
  for (const SqlRow& row : ask(ask_with, deadline)) {
    if (fold_user(as_text(row[1])) != name) continue;
    policy.known = true;
    take(policy, row, clock_.now());
  }
  return policy;
}

DomainPolicy SqlPolicyDb::domain(const std::string& name, Deadline deadline) {
  DomainPolicy policy;
  if (fold_domain(name) != name || length(name) > kDomainLength) return policy;
  const auto ask_with = [&](SqlConnection& connection, const Wording& wording) {
    return rows_named(connection, domain_sql(wording), name);
  };
  for (const SqlRow& row : ask(ask_with, deadline)) {
    // The name may stand there twice, in A-labels and in U-labels.
    const std::string found = as_text(row[0]);
    if (fold_domain(found) != name || (policy.known && found != name)) continue;
    policy = {};
    policy.known = true;
    policy.greylist = as_number(row[1]) != 0;
    policy.check_spf = as_number(row[2]) != 0;
    if (row.size() < 6 || is_null(row[3])) continue;
    policy.quota = as_text(row[3]);
    policy.limits = limits_of(row[4], row[5]);
  }
  return policy;
}

}  // namespace mailreeve
