// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

using Kind = PolicyAdminError::Kind;

std::vector<std::string> names(const SqlRows& rows, const Noun& noun) {
  std::vector<std::string> found;
  // A row that is no such name is shown as it is, so that it can be seen.
  for (const SqlRow& row : rows) found.push_back(noun.fold(as_text(row[0])).value_or(as_text(row[0])));
  return found;
}

// Those of `noun` that are linked to something, by name.
std::vector<std::string> linked(SqlConnection& connection, const Noun& noun, const std::string& joins,
                                std::int64_t id) {
  return names(
      connection.query(
          std::string("SELECT n.name FROM ") + noun.table + " n " + joins + " = ? ORDER BY n.name", {id}),
      noun);
}

std::vector<std::string> users_of(SqlConnection& connection, const std::string& joins, std::int64_t id,
                                  const Page& page) {
  return names(
      page_named(connection, "SELECT u.name FROM users u " + joins + " = ? AND ", "u.name", page, {id}),
      kUserNoun);
}

bool set_switch(SqlConnection& connection, const std::string& domain, const std::string& column, bool on) {
  const Named named = need_or_everybody(connection, kDomainNoun, domain);
  const SqlRows rows = connection.query("SELECT " + column + " FROM domains WHERE id = ?", {named.id});
  connection.change("UPDATE domains SET " + column + " = ? WHERE id = ?", {std::int64_t{on}, named.id});
  return rows.empty() || (as_number(rows[0][0]) != 0) != on;
}

DomainEntry domain_entry(const SqlRow& row) {
  return {.name = fold_domain(as_text(row[0])).value_or(as_text(row[0])),
          .greylist = as_number(row[1]) != 0,
          .check_spf = as_number(row[2]) != 0,
          .quota = as_text(row[3])};
}

// With the domains' quotas, or, where our tables are missing, without.
template <class Ask>
SqlRows domain_rows(Ask ask) {
  try {
    return ask(
        "SELECT d.name, d.greylist, d.check_spf, q.name FROM domains d"
        " LEFT JOIN domain_quota dq ON dq.domain_id = d.id LEFT JOIN quotas q ON q.id = dq.quota_id");
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Missing) throw;
    return ask("SELECT d.name, d.greylist, d.check_spf, NULL FROM domains d");
  }
}

void add_aliases(SqlConnection& connection, UserEntry& entry) {
  std::vector<std::string> targets = entry.addresses;
  targets.push_back(entry.name);
  for (const auto& target : targets)
    for (const SqlRow& row :
         connection.query("SELECT alias FROM aliases WHERE target = ? ORDER BY alias", {target}))
      entry.aliases.push_back({.alias = as_text(row[0]), .target = target});
}

// What an alias may stand for.
std::string known_target(SqlConnection& connection, const std::string& target) {
  if (fold_user(target))
    if (const auto user = find(connection, kUserNoun, target)) return user->name;
  if (fold_address(target))
    if (const auto address = find(connection, kAddressNoun, target)) return address->name;
  refuse_unknown("there is no user and no address " + quoted(target));
}

}  // namespace

std::vector<UserRow> PolicyAdmin::users(const Page& page) {
  const SqlRows rows = admin_read(database_, patience_, [&](SqlConnection& connection) {
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

UserEntry PolicyAdmin::user(const std::string& name) {
  return admin_read(database_, patience_, [&](SqlConnection& connection) {
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
    with_ours(connection, "totals", [&] {
      const SqlRows rows = connection.query(std::string(kTotals) + " WHERE user = ?", {named.name});
      if (!rows.empty()) entry.totals = totals_entry(rows[0]);
    });
    return entry;
  });
}

std::vector<RaisedUser> PolicyAdmin::raises(const Page& page, TimePoint now) {
  const SqlRows rows = admin_read(database_, patience_, [&](SqlConnection& connection) {
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

void PolicyAdmin::add_user(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) { add(connection, kUserNoun, name); });
}

void PolicyAdmin::remove_user(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
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

std::vector<DomainEntry> PolicyAdmin::domains(const Page& page) {
  const SqlRows rows = admin_read(database_, patience_, [&](SqlConnection& connection) {
    return domain_rows([&](const std::string& select) {
      return page_named(connection, select + " WHERE ", "d.name", page);
    });
  });
  std::vector<DomainEntry> found;
  for (const SqlRow& row : rows) found.push_back(domain_entry(row));
  return found;
}

DomainEntry PolicyAdmin::domain(const std::string& name) {
  return admin_read(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    return domain_entry(domain_rows([&](const std::string& select) {
                          return connection.query(select + " WHERE d.id = ?", {named.id});
                        }).at(0));
  });
}

void PolicyAdmin::add_domain(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) { add(connection, kDomainNoun, name); });
}

void PolicyAdmin::remove_domain(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    with_ours(connection, "domain_quota",
              [&] { connection.change("DELETE FROM domain_quota WHERE domain_id = ?", {named.id}); });
    connection.change("DELETE FROM domain_user WHERE domain_id = ?", {named.id});
    connection.change("DELETE FROM domains WHERE id = ?", {named.id});
  });
}

bool PolicyAdmin::set_greylist(const std::string& name, bool on) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    return set_switch(connection, name, "greylist", on);
  });
}

bool PolicyAdmin::set_check_spf(const std::string& name, bool on) {
  return admin_change(database_, patience_, [&](SqlConnection& connection) {
    return set_switch(connection, name, "check_spf", on);
  });
}

std::vector<std::string> PolicyAdmin::domain_users(const std::string& name, const Page& page) {
  return admin_read(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    return users_of(connection, "JOIN domain_user l ON l.user_id = u.id WHERE l.domain_id", named.id, page);
  });
}

std::vector<std::string> PolicyAdmin::addresses(const Page& page) {
  return admin_read(database_, patience_, [&](SqlConnection& connection) {
    return names(page_named(connection, "SELECT name FROM emails WHERE ", "name", page), kAddressNoun);
  });
}

std::vector<std::string> PolicyAdmin::address_users(const std::string& name, const Page& page) {
  return admin_read(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kAddressNoun, name);
    return users_of(connection, "JOIN email_user l ON l.user_id = u.id WHERE l.email_id", named.id, page);
  });
}

void PolicyAdmin::add_address(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) { add(connection, kAddressNoun, name); });
}

void PolicyAdmin::remove_address(const std::string& name) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    const Named named = need(connection, kAddressNoun, name);
    with_ours(connection, "aliases",
              [&] { connection.change("DELETE FROM aliases WHERE target = ?", {named.name}); });
    connection.change("DELETE FROM email_user WHERE email_id = ?", {named.id});
    connection.change("DELETE FROM emails WHERE id = ?", {named.id});
  });
}

std::vector<AliasEntry> PolicyAdmin::aliases(const Page& page) {
  const SqlRows rows = admin_read(database_, patience_, [&](SqlConnection& connection) {
    return page_named(connection, "SELECT alias, target FROM aliases WHERE ", "alias", page);
  });
  std::vector<AliasEntry> found;
  for (const SqlRow& row : rows) found.push_back({.alias = as_text(row[0]), .target = as_text(row[1])});
  return found;
}

void PolicyAdmin::add_alias(const std::string& alias, const std::string& target) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    refuse_pattern(kAddressNoun, alias);
    const std::string name = folded(kAddressNoun, alias);
    const std::string whose = known_target(connection, target);
    const SqlRows rows =
        connection.query("SELECT 1 FROM aliases WHERE alias = ? AND target = ?", {name, whose});
    if (!rows.empty())
      throw PolicyAdminError(Kind::Exists, quoted(name) + " is an alias of " + quoted(whose) + " already");
    connection.change("INSERT INTO aliases (alias, target) VALUES (?, ?)", {name, whose});
  });
}

void PolicyAdmin::remove_alias(const std::string& alias, const std::string& target) {
  admin_change(database_, patience_, [&](SqlConnection& connection) {
    const std::string name = folded(kAddressNoun, alias);
    const std::string whose = folded(kUserNoun, target);
    if (connection.change("DELETE FROM aliases WHERE alias = ? AND target = ?", {name, whose}) == 0)
      refuse_unknown(quoted(name) + " is no alias of " + quoted(whose));
  });
}

}  // namespace mailreeve
