// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/address_admin.h"

#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

std::vector<std::string> AddressAdmin::addresses(const Page& page) {
  return database_.read([&](SqlConnection& connection) {
    return names_in(page_named(connection, "SELECT name FROM emails WHERE ", "name", page), kAddressNoun);
  });
}

std::vector<std::string> AddressAdmin::address_users(const std::string& name, const Page& page) {
  return database_.read([&](SqlConnection& connection) {
    const Named named = need(connection, kAddressNoun, name);
    return users_of(connection, "JOIN email_user l ON l.user_id = u.id WHERE l.email_id", named.id, page);
  });
}

void AddressAdmin::add_address(const std::string& name) {
  database_.change([&](SqlConnection& connection) { add(connection, kAddressNoun, name); });
}

void AddressAdmin::remove_address(const std::string& name) {
  database_.change([&](SqlConnection& connection) {
    const Named named = need(connection, kAddressNoun, name);
    with_ours(connection, "aliases",
              [&] { connection.change("DELETE FROM aliases WHERE target = ?", {named.name}); });
    connection.change("DELETE FROM email_user WHERE email_id = ?", {named.id});
    connection.change("DELETE FROM emails WHERE id = ?", {named.id});
  });
}

}  // namespace mailreeve
