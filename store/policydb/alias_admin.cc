// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/alias_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

namespace {

// What an alias may stand for.
std::string known_target(SqlConnection& connection, const std::string& target) {
  if (fold_user(target))
    if (const auto user = find(connection, kUserNoun, target)) return user->name;
  if (fold_address(target))
    if (const auto address = find(connection, kAddressNoun, target)) return address->name;
  refuse_unknown("there is no user and no address " + quoted(target));
}

}  // namespace

std::vector<AliasEntry> AliasAdmin::aliases(const Page& page) {
  const SqlRows rows = database_.read([&](SqlConnection& connection) {
    return page_named(connection, "SELECT alias, target FROM aliases WHERE ", "alias", page);
  });
  std::vector<AliasEntry> found;
  for (const SqlRow& row : rows) found.push_back({.alias = as_text(row[0]), .target = as_text(row[1])});
  return found;
}

void AliasAdmin::add_alias(const std::string& alias, const std::string& target) {
  database_.change([&](SqlConnection& connection) {
    refuse_pattern(kAddressNoun, alias);
    const std::string name = folded(kAddressNoun, alias);
    const std::string whose = known_target(connection, target);
    const SqlRows rows =
        connection.query("SELECT 1 FROM aliases WHERE alias = ? AND target = ?", {name, whose});
    if (!rows.empty())
      throw PolicyAdminError(PolicyAdminError::Kind::Exists,
                             quoted(name) + " is an alias of " + quoted(whose) + " already");
    connection.change("INSERT INTO aliases (alias, target) VALUES (?, ?)", {name, whose});
  });
}

void AliasAdmin::remove_alias(const std::string& alias, const std::string& target) {
  database_.change([&](SqlConnection& connection) {
    const std::string name = folded(kAddressNoun, alias);
    const std::string whose = folded(kUserNoun, target);
    if (connection.change("DELETE FROM aliases WHERE alias = ? AND target = ?", {name, whose}) == 0)
      refuse_unknown(quoted(name) + " is no alias of " + quoted(whose));
  });
}

}  // namespace mailreeve
