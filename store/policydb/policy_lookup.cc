// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_lookup.h"

#include "core/domain_names.h"
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

std::string quoted(const std::string& name) { return "\"" + name + "\""; }

void refuse_unknown(const std::string& what) {
  throw PolicyAdminError(PolicyAdminError::Kind::Unknown, what);
}

void refuse_invalid(const std::string& why) { throw PolicyAdminError(PolicyAdminError::Kind::Invalid, why); }

void translate(const SqlError& error) {
  using Kind = PolicyAdminError::Kind;
  switch (error.kind()) {
    case SqlError::Kind::Missing:
      throw PolicyAdminError(
          Kind::Tables, std::string("the database lacks tables (mailreevectl db check): ") + error.what());
    case SqlError::Kind::Unfit:
      throw PolicyAdminError(Kind::Invalid,
                             std::string("the database cannot hold that text: ") + error.what());
    case SqlError::Kind::Duplicate:
      throw PolicyAdminError(Kind::Exists, std::string("the database has that already: ") + error.what());
    default:
      throw;
  }
}

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

}  // namespace mailreeve
