// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/sql_policy_db.h"

#include <algorithm>
#include <utility>

#include "core/domain_names.h"
#include "store/policydb/admin_error.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

namespace {

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
constexpr char kDomainsQuota[] = "dq";

// The quotas that users or domains have; its columns are q and l.
std::string quota_joins(const Wording& wording, const std::string& link) {
  const std::string quota = "JOIN quotas q ON q.id = " + link + ".quota_id";
  return wording.plain ? quota : quota + " LEFT JOIN quota_limits l ON l.quota_id = q.id";
}

std::string user_part(const Wording& wording, const char* kind, const std::string& first,
                      const std::string& second, const std::string& third, const std::string& joins,
                      const std::string& whose = "IN (?, ?)") {
  const auto column = [&](const std::string& name) { return name.empty() ? "NULL" : wording.text(name); };
  return std::string("SELECT '") + kind + "', " + wording.text("u.name") + ", " + column(first) + ", " +
         column(second) + ", " + column(third) + " FROM users u " + joins + " WHERE u.name " + whose;
}

// All about a user in one statement; kParts times the two forms of its name, then the names of its domain.
constexpr std::size_t kParts = 7;
constexpr std::size_t kPlainParts = 4;

std::string user_sql(const Wording& wording, std::size_t domains) {
  const std::string addresses = "JOIN email_user eu ON eu.user_id = u.id JOIN emails e ON e.id = eu.email_id";
  const std::string quota = "JOIN quota_user qu ON qu.user_id = u.id " + quota_joins(wording, "qu");
  const std::string limits = wording.plain ? "" : "l.limits";
  const std::string unite = " UNION ALL ";
  const auto of = [&](const std::string& whose) {
    std::string sql = user_part(wording, kQuota, "q.name", "CAST(q.quota AS CHAR)", limits, quota, whose);
    if (wording.plain) return sql;
    return sql + unite +
           user_part(wording, kRaise, "r.limits", "CAST(r.until_ms AS CHAR)", "CAST(r.locked AS CHAR)",
                     "JOIN raises r ON r.user_id = u.id", whose);
  };
  std::string sql = user_part(wording, kUser, "", "", "", "");
  sql += unite + user_part(wording, kDomain, "d.name", "", "",
                           "JOIN domain_user du ON du.user_id = u.id JOIN domains d ON d.id = du.domain_id");
  sql += unite + user_part(wording, kAddress, "e.name", "", "", addresses);
  sql += unite + of("IN (?, ?)");
  sql += unite + of("= '*'");
  if (wording.plain) return sql;
  // Targets are folded; what others wrote in CHAPPS' tables is not.
  const auto target = [&](const std::string& name) {
    return " JOIN aliases a ON a.target = LOWER(" +
           (wording.dialect == SqlDialect::Sqlite
                ? name + ")"
                : "CONVERT(" + name + " USING utf8mb4)) COLLATE utf8mb4_bin");
  };
  sql += unite + user_part(wording, kAlias, "a.alias", "a.target", "u.name", target("u.name"));
  sql += unite + user_part(wording, kAlias, "a.alias", "a.target", "e.name", addresses + target("e.name"));
  return sql + unite + "SELECT '" + kDomainsQuota + "', " + wording.text("d.name") + ", " +
         wording.text("q.name") + ", " + wording.text("CAST(q.quota AS CHAR)") + ", " +
         wording.text("l.limits") + " FROM domains d JOIN domain_quota dq ON dq.domain_id = d.id " +
         quota_joins(wording, "dq") + " WHERE d.name " + in_names(domains);
}

// What is no name grants nothing, but its user is restricted all the same.
void add_sender(UserPolicy& policy, std::optional<std::string> sender) {
  policy.unreadable |= !sender;
  if (!sender) return;
  if (std::find(policy.senders.begin(), policy.senders.end(), *sender) == policy.senders.end())
    policy.senders.push_back(std::move(*sender));
}

// Nothing if it is over. A locked one does not end.
std::optional<SharedLimits> raise_of(const SqlRow& row, TimePoint now) {
  const bool locked = as_number(row[4]) != 0;
  SharedLimits raise{.to = kEverybody, .quota = "", .limits = as_text(row[2]), .raise = true};
  if (!locked && !is_null(row[3])) raise.until = from_millis(as_number(row[3]));
  if (raise.until && *raise.until <= now) return {};
  return raise;
}

SharedLimits quota_of(const SqlRow& row, const std::string& whose) {
  return {.to = whose, .quota = as_text(row[2]), .limits = limits_of(row[3], row[4])};
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
    if (const auto raise = raise_of(row, now)) {
      policy.raised = raise->limits;
      policy.raised_until = raise->until;
    }
  }
}

// What others have that holds for a user, in the order of UserPolicy::shared.
class Shared {
 public:
  explicit Shared(const std::vector<std::string>& names) : names_(names), of_domains_(names.size()) {}

  void take(const SqlRow& row, TimePoint now) {
    const std::string kind = as_text(row[0]);
    const std::string name = as_text(row[1]);
    if (kind == kDomainsQuota) {
      take_domain(row, name);
    } else if (name == kEverybody && kind == kQuota) {
      quota_ = quota_of(row, name);
    } else if (name == kEverybody && kind == kRaise) {
      raise_ = raise_of(row, now);
    }
  }

  std::vector<SharedLimits> result() && {
    std::vector<SharedLimits> out;
    const auto add = [&out](std::optional<SharedLimits>& limits) {
      if (limits) out.push_back(std::move(*limits));
    };
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] != kEverybody) add(of_domains_[i]);
    add(raise_);
    for (std::size_t i = 0; i < names_.size(); ++i)
      if (names_[i] == kEverybody) add(of_domains_[i]);
    add(quota_);
    return out;
  }

 private:
  // The name may stand there twice, in A-labels and in U-labels.
  void take_domain(const SqlRow& row, const std::string& name) {
    const std::size_t place = place_of(names_, name);
    if (place == names_.size() || (of_domains_[place] && name != names_[place])) return;
    of_domains_[place] = quota_of(row, names_[place]);
  }

  const std::vector<std::string>& names_;
  std::vector<std::optional<SharedLimits>> of_domains_;
  std::optional<SharedLimits> raise_;
  std::optional<SharedLimits> quota_;
};

}  // namespace

bool SqlPolicyDb::plain() const { return SteadyClock::now() < plain_until_.load(); }

// What is in tables of a newer version may mean something else.
void SqlPolicyDb::check_version(SqlConnection& connection) {
  const auto now = SteadyClock::now();
  if (now < checked_until_.load()) return;
  try {
    refuse_newer_schema(connection, database_.dialect());
  } catch (const PolicyAdminError& error) {
    throw SqlError(SqlError::Kind::Missing, error.what());
  }
  checked_until_ = now + kPlainFor;
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
    if (!plain()) plain_until_ = SteadyClock::now() + kPlainFor;
    return rows;
  });
}

UserPolicy SqlPolicyDb::user(const std::string& name, Deadline deadline) {
  UserPolicy policy;
  const bool storable = fold_user(name) == name && length(name) <= kUserLength;
  // A name that is in no row has the limits of its domain and of everybody all the same.
  const std::string wanted = storable ? name : "";
  const std::vector<std::string> domains = storable_names_of(domain_of_user(name));
  const auto ask_with = [&](SqlConnection& connection, const Wording& wording) {
    std::vector<std::string> names(wording.plain ? kPlainParts : kParts, wanted);
    if (!wording.plain) names.insert(names.end(), domains.begin(), domains.end());
    return rows_named(connection, user_sql(wording, domains.size()), names);
  };
  Shared shared(domains);
  for (const SqlRow& row : ask(ask_with, deadline)) {
    shared.take(row, clock_.now());
    if (as_text(row[0]) == kDomainsQuota || !storable || fold_user(as_text(row[1])) != name) continue;
    policy.known = true;
    take(policy, row, clock_.now());
  }
  policy.shared = std::move(shared).result();
  return policy;
}

DomainPolicy SqlPolicyDb::domain(const std::string& name, Deadline deadline) {
  const std::vector<std::string> names = storable_names_of(name);
  return database_.read(deadline,
                        [&](SqlConnection& connection) { return nearest_domain(connection, names); });
}

}  // namespace mailreeve
