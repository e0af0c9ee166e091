// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/user_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

// Those of `noun` that are linked to something, by name.
std::vector<std::string> linked(SqlConnection& connection, const Noun& noun, const std::string& joins,
                                std::int64_t id) {
  return names_in(
      connection.query(
          std::string("SELECT n.name FROM ") + noun.table + " n " + joins + " = ? ORDER BY n.name", {id}),
      noun);
}

void add_aliases(SqlConnection& connection, UserEntry& entry) {
  std::vector<std::string> targets = entry.addresses;
  targets.push_back(entry.name);
  for (const auto& target : targets)
    for (const SqlRow& row :
         connection.query("SELECT alias FROM aliases WHERE target = ? ORDER BY alias", {target}))
      entry.aliases.push_back({.alias = as_text(row[0]), .target = target});
}

}  // namespace

std::vector<UserRow> UserAdmin::users(const Page& page) {
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return page_named(connection,
                      "SELECT u.name, q.name FROM users u LEFT JOIN quota_user qu ON qu.user_id = u.id"
                      " LEFT JOIN quotas q ON q.id = qu.quota_id WHERE ",
                      "u.name", page);
  });
  std::vector<UserRow> found;
  for (const SqlRow& row : rows)
    found.push_back({.name = fold_user(as_text(row[0])).value_or(as_text(row[0])), .quota = as_text(row[1])});
  return found;
}

UserEntry UserAdmin::user(const std::string& name) {
  return database_.read([&](SqlConnection& connection) {
    const Named named = need(connection, kUserNoun, name);
    UserEntry entry;
    entry.name = named.name;
    entry.domains =
        linked(connection, kDomainNoun, "JOIN domain_user l ON l.domain_id = n.id WHERE l.user_id", named.id);
    entry.addresses =
        linked(connection, kAddressNoun, "JOIN email_user l ON l.email_id = n.id WHERE l.user_id", named.id);
    const auto quotas =
        linked(connection, kQuotaNoun, "JOIN quota_user l ON l.quota_id = n.id WHERE l.user_id", named.id);
    if (!quotas.empty()) entry.quota = quota_entry(connection, quotas[0]);
    with_ours(connection, "raises", [&] { entry.raise = raise_of(connection, named.id); });
    with_ours(connection, "aliases", [&] { add_aliases(connection, entry); });
    with_ours(connection, "totals", [&] { entry.totals = totals_of(connection, named.name); });
    return entry;
  });
}

void UserAdmin::add_user(const std::string& name) {
  database_.change([&](SqlConnection& connection) { add(connection, kUserNoun, name); });
}

void UserAdmin::remove_user(const std::string& name) {
  database_.change([&](SqlConnection& connection) {
    const Named named = need(connection, kUserNoun, name);
    with_ours(connection, "raises",
              [&] { connection.change("DELETE FROM raises WHERE user_id = ?", {named.id}); });
    with_ours(connection, "aliases",
              [&] { connection.change("DELETE FROM aliases WHERE target = ?", {named.name}); });
    for (const char* table : {"domain_user", "email_user", "quota_user"})
      connection.change(std::string("DELETE FROM ") + table + " WHERE user_id = ?", {named.id});
    connection.change("DELETE FROM users WHERE id = ?", {named.id});
  });
}

}  // namespace mailreeve
