// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_lookup.h"

#include "core/domain_names.h"
#include "store/policydb/admin_error.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"

namespace mailreeve {

const Noun kUserNoun{
    .table = "users", .word = "user", .one = "a user", .length = kUserLength, .fold = fold_user};
const Noun kDomainNoun{
    .table = "domains", .word = "domain", .one = "a domain", .length = kDomainLength, .fold = fold_domain};
const Noun kAddressNoun{.table = "emails",
                        .word = "address",
                        .one = "an address",
                        .length = kAddressLength,
                        .fold = fold_address};
const Noun kQuotaNoun{
    .table = "quotas", .word = "quota", .one = "a quota", .length = kQuotaLength, .fold = fold_quota};

namespace {

// What to write instead; empty if it is no pattern.
std::string advice(const Noun& noun, const std::string& name) {
  const auto meant = meant_by(name);
  if (!meant) return "";
  const std::string all = *meant == kEverybody      ? "everything"
                          : meant->starts_with('.') ? "all domains below " + meant->substr(1)
                                                    : "all of " + *meant;
  if (&noun == &kUserNoun && *meant != kEverybody)
    return ": limits of " + all + "'s users are those of domain quota " + *meant;
  return ": for " + all + " write " + quoted(*meant);
}

}  // namespace

void refuse_pattern(const Noun& noun, const std::string& name) {
  const std::string better = advice(noun, name);
  if (!better.empty()) refuse_invalid(quoted(name) + " is no pattern" + better);
}

std::string folded(const Noun& noun, const std::string& name) {
  const auto found = noun.fold(name);
  if (!found) refuse_invalid(quoted(name) + " cannot be the name of " + noun.one + advice(noun, name));
  if (length(*found) > noun.length)
    refuse_invalid(quoted(*found) + " is too long: the name of " + noun.one + " has " +
                   std::to_string(noun.length) + " characters at most");
  return *found;
}

std::optional<Named> find(SqlConnection& connection, const Noun& noun, const std::string& name) {
  const std::string wanted = folded(noun, name);
  const SqlRows rows = rows_named(
      connection, std::string("SELECT id, name FROM ") + noun.table + " WHERE name IN (?, ?)", wanted);
  std::optional<Named> found;
  for (const SqlRow& row : rows) {
    // What the database takes for the same may be another's name.
    if (noun.fold(as_text(row[1])) != wanted) continue;
    if (!found || as_text(row[1]) == wanted) found = {.id = as_number(row[0]), .name = wanted};
  }
  return found;
}

Named need(SqlConnection& connection, const Noun& noun, const std::string& name) {
  const auto found = find(connection, noun, name);
  if (!found)
    refuse_unknown(std::string("there is no ") + noun.word + " " + quoted(folded(noun, name)) +
                   advice(noun, name));
  return *found;
}

Named need_or_everybody(SqlConnection& connection, const Noun& noun, const std::string& name) {
  return name == kEverybody ? find_or_add(connection, noun, name) : need(connection, noun, name);
}

namespace {

// A domain that becomes known is treated as it was before.
void insert(SqlConnection& connection, const Noun& noun, const std::string& wanted) {
  if (&noun != &kDomainNoun) {
    connection.change(std::string("INSERT INTO ") + noun.table + " (name) VALUES (?)", {wanted});
    return;
  }
  const DomainPolicy above = nearest_domain(connection, storable_names_of(wanted));
  connection.change("INSERT INTO domains (name, greylist, check_spf) VALUES (?, ?, ?)",
                    {wanted, std::int64_t{above.greylist}, std::int64_t{above.check_spf}});
}

}  // namespace

Named find_or_add(SqlConnection& connection, const Noun& noun, const std::string& name) {
  const std::string wanted = folded(noun, name);
  if (const auto found = find(connection, noun, wanted)) return *found;
  refuse_pattern(noun, wanted);
  try {
    insert(connection, noun, wanted);
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    // Another was faster.
    if (const auto found = find(connection, noun, wanted)) return *found;
    throw PolicyAdminError(
        PolicyAdminError::Kind::Exists,
        std::string("there is ") + noun.one + " that the database takes for " + quoted(wanted));
  }
  return need(connection, noun, wanted);
}

Named add(SqlConnection& connection, const Noun& noun, const std::string& name) {
  if (const auto found = find(connection, noun, name))
    throw PolicyAdminError(PolicyAdminError::Kind::Exists,
                           std::string("the ") + noun.word + " " + quoted(found->name) + " is there already");
  return find_or_add(connection, noun, name);
}

bool put_quota(SqlConnection& connection, const std::string& table, const std::string& column,
               std::int64_t id, std::int64_t quota) {
  const std::string where = " WHERE " + column + " = ?";
  const SqlRows now = connection.query("SELECT quota_id FROM " + table + where, {id});
  if (!now.empty() && as_number(now[0][0]) == quota) return false;
  if (now.empty())
    connection.change("INSERT INTO " + table + " (" + column + ", quota_id) VALUES (?, ?)", {id, quota});
  else
    connection.change("UPDATE " + table + " SET quota_id = ?" + where, {quota, id});
  return true;
}

std::vector<std::string> names_in(const SqlRows& rows, const Noun& noun) {
  std::vector<std::string> found;
  for (const SqlRow& row : rows) found.push_back(noun.fold(as_text(row[0])).value_or(as_text(row[0])));
  return found;
}

std::vector<std::string> users_of(SqlConnection& connection, const std::string& joins, std::int64_t id,
                                  const Page& page) {
  return names_in(
      page_named(connection, "SELECT u.name FROM users u " + joins + " = ? AND ", "u.name", page, {id}),
      kUserNoun);
}

}  // namespace mailreeve
