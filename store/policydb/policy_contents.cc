// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_contents.h"

#include <algorithm>
#include <stdexcept>

#include "store/policydb/admin_error.h"
#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

namespace {

// `"a"`, or `"a" and 2 more`.
std::string first_of(const std::vector<std::string>& names) {
  const std::size_t others = names.size() - 1;
  return quoted(names[0]) + (others == 0 ? "" : " and " + std::to_string(others) + " more");
}

// By its folded name, where the database compares octets.
bool is_found(const Noun& noun, const std::string& name) {
  const auto wanted = noun.fold(name);
  return !wanted || *wanted == name || as_others_write(*wanted) == name;
}

class Review {
 public:
  Review(SqlConnection& connection, SqlDialect dialect, const LimitDefaults& defaults)
      : connection_(connection), dialect_(dialect), defaults_(defaults) {}

  std::vector<std::string> result() {
    for (const Noun* noun : {&kUserNoun, &kDomainNoun, &kAddressNoun, &kQuotaNoun})
      if (sees(noun->table, "name")) look_at_form_of(*noun, look_at_case_of(*noun));
    look_at_grants(kDomainNoun, "domain_user", "domain_id");
    look_at_grants(kAddressNoun, "email_user", "email_id");
    look_at_aliases();
    look_at_quotas();
    look_at_raises();
    return doubts_;
  }

 private:
  bool sees(const std::string& table, const std::string& columns) {
    return sees_table(connection_, table, columns);
  }

  // Under most collations no name differs from itself in lower case. Returns the names that are not found.
  std::vector<std::string> look_at_case_of(const Noun& noun) {
    const std::string table = noun.table;
    std::vector<std::string> lost;
    for (const SqlRow& row :
         connection_.query("SELECT name FROM " + table + " WHERE name <> LOWER(name) ORDER BY name"))
      if (!is_found(noun, as_text(row[0]))) lost.push_back(as_text(row[0]));
    if (!lost.empty())
      doubts_.push_back("the collation of the table " + table +
                        " tells upper from lower case, so that names are not found in it: " + first_of(lost) +
                        ". UPDATE " + table + " SET name = LOWER(name) mends it");
    return lost;
  }

  // Beyond ASCII, SQLite and some collations compare octets. All but those in `known`.
  void look_at_form_of(const Noun& noun, const std::vector<std::string>& known) {
    const std::string table = noun.table;
    const std::string sql =
        "SELECT name FROM " + table +
        (dialect_ == SqlDialect::Sqlite
             ? " WHERE name GLOB '*[^' || CHAR(1) || '-' || CHAR(127) || ']*' ORDER BY name"
             : " WHERE name <> CONVERT(name USING ascii) ORDER BY name");
    std::vector<std::string> lost;
    for (const SqlRow& row : connection_.query(sql)) {
      const std::string name = as_text(row[0]);
      if (is_found(noun, name) || std::find(known.begin(), known.end(), name) != known.end()) continue;
      if (!database_finds(table, name, *noun.fold(name))) lost.push_back(name);
    }
    if (lost.empty()) return;
    doubts_.push_back("names in the table " + table +
                      " are not found, because they are not in lower case and normalization form C: " +
                      first_of(lost) + ". " + quoted(lost[0]) + " should be " + quoted(*noun.fold(lost[0])));
  }

  bool database_finds(const std::string& table, const std::string& name, const std::string& folded) {
    const SqlRows rows =
        rows_named(connection_, "SELECT name FROM " + table + " WHERE name IN (?, ?)", folded);
    return std::any_of(rows.begin(), rows.end(), [&](const SqlRow& row) { return as_text(row[0]) == name; });
  }

  // Those of the first column that are no names of this kind.
  std::vector<std::string> wrong_names(const Noun& noun, const std::string& sql) {
    std::vector<std::string> wrong;
    for (const SqlRow& row : connection_.query(sql))
      if (!noun.fold(as_text(row[0])) || meant_by(as_text(row[0]))) wrong.push_back(as_text(row[0]));
    return wrong;
  }

  void look_at_grants(const Noun& noun, const std::string& links, const std::string& column) {
    if (!sees(noun.table, "id, name") || !sees(links, column)) return;
    const auto wrong = wrong_names(noun, std::string("SELECT n.name FROM ") + noun.table +
                                             " n WHERE EXISTS (SELECT 1 FROM " + links + " l WHERE l." +
                                             column + " = n.id) ORDER BY n.name");
    if (wrong.empty()) return;
    doubts_.push_back("users are listed for what cannot be the name of " + std::string(noun.one) + ": " +
                      first_of(wrong) + ". It allows them nothing, but restricts them");
  }

  void look_at_aliases() {
    if (!sees("aliases", "alias")) return;
    const auto wrong = wrong_names(kAddressNoun, "SELECT DISTINCT alias FROM aliases ORDER BY alias");
    if (wrong.empty()) return;
    doubts_.push_back("there are aliases that cannot be the name of an address: " + first_of(wrong) +
                      ". They allow nothing, but restrict the users who have them");
  }

  void look_at_limits(const std::string& whose, const std::string& limits) {
    try {
      parse_limits(limits, defaults_);
    } catch (const std::invalid_argument& error) {
      doubts_.push_back("the limits of " + whose + " are " + quoted(limits) +
                        ", which cannot be read and are passed over: " + error.what());
    }
  }

  void look_at_quotas() {
    if (!sees(kQuotaNoun.table, "id, name, quota")) return;
    const char* const sql = sees("quota_limits", "quota_id, limits")
                                ? "SELECT q.name, q.quota, l.limits FROM quotas q"
                                  " LEFT JOIN quota_limits l ON l.quota_id = q.id ORDER BY q.name"
                                : "SELECT name, quota, NULL FROM quotas ORDER BY name";
    for (const SqlRow& row : connection_.query(sql))
      look_at_limits("the quota " + quoted(as_text(row[0])), limits_of(row[1], row[2]));
  }

  void look_at_raises() {
    if (!sees("raises", "user_id, limits") || !sees(kUserNoun.table, "id, name")) return;
    for (const SqlRow& row : connection_.query(
             "SELECT u.name, r.limits FROM raises r JOIN users u ON u.id = r.user_id ORDER BY u.name"))
      look_at_limits("the raise of " + quoted(as_text(row[0])), as_text(row[1]));
  }

  SqlConnection& connection_;
  const SqlDialect dialect_;
  const LimitDefaults& defaults_;
  std::vector<std::string> doubts_;
};

}  // namespace

std::vector<std::string> doubtful_contents(SqlDatabase& database, Deadline deadline,
                                           const LimitDefaults& defaults) {
  return database.read(deadline, [&](SqlConnection& connection) {
    return Review(connection, database.dialect(), defaults).result();
  });
}

}  // namespace mailreeve
