// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/domain_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

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

}  // namespace

std::vector<DomainEntry> DomainAdmin::domains(const Page& page) {
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return domain_rows([&](const std::string& select) {
      return page_named(connection, select + " WHERE ", "d.name", page);
    });
  });
  std::vector<DomainEntry> found;
  for (const SqlRow& row : rows) found.push_back(domain_entry(row));
  return found;
}

DomainEntry DomainAdmin::domain(const std::string& name) {
  return database_.read([&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    return domain_entry(domain_rows([&](const std::string& select) {
                          return connection.query(select + " WHERE d.id = ?", {named.id});
                        }).at(0));
  });
}

void DomainAdmin::add_domain(const std::string& name) {
  database_.change([&](SqlConnection& connection) { add(connection, kDomainNoun, name); });
}

void DomainAdmin::remove_domain(const std::string& name) {
  database_.change([&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    with_ours(connection, "domain_quota",
              [&] { connection.change("DELETE FROM domain_quota WHERE domain_id = ?", {named.id}); });
    connection.change("DELETE FROM domain_user WHERE domain_id = ?", {named.id});
    connection.change("DELETE FROM domains WHERE id = ?", {named.id});
  });
}

bool DomainAdmin::set_greylist(const std::string& name, bool on) {
  return database_.change(
      [&](SqlConnection& connection) { return set_switch(connection, name, "greylist", on); });
}

bool DomainAdmin::set_check_spf(const std::string& name, bool on) {
  return database_.change(
      [&](SqlConnection& connection) { return set_switch(connection, name, "check_spf", on); });
}

bool DomainAdmin::set_domain_quota(const std::string& name, const std::string& quota) {
  return database_.change([&](SqlConnection& connection) {
    const Named domain = need_or_everybody(connection, kDomainNoun, name);
    if (quota.empty())
      return connection.change("DELETE FROM domain_quota WHERE domain_id = ?", {domain.id}) > 0;
    return put_quota(connection, "domain_quota", "domain_id", domain.id,
                     need(connection, kQuotaNoun, quota).id);
  });
}

std::vector<std::string> DomainAdmin::domain_users(const std::string& name, const Page& page) {
  return database_.read([&](SqlConnection& connection) {
    const Named named = need(connection, kDomainNoun, name);
    return users_of(connection, "JOIN domain_user l ON l.user_id = u.id WHERE l.domain_id", named.id, page);
  });
}

}  // namespace mailreeve
