// SPDX-License-Identifier: BSD-2-Clause
#include "store/policy_lookup.h"

#include "store/policy_names.h"

namespace mailreeve {

const Noun kUserNoun{.table = "users", .word = "user", .length = kUserLength, .fold = fold_user};
const Noun kDomainNoun{.table = "domains", .word = "domain", .length = kDomainLength, .fold = fold_domain};
const Noun kAddressNoun{.table = "emails", .word = "address", .length = kAddressLength, .fold = fold_address};
const Noun kQuotaNoun{.table = "quotas", .word = "quota", .length = kQuotaLength, .fold = fold_quota};

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

std::string folded(const Noun& noun, const std::string& name) {
  const auto found = noun.fold(name);
  if (!found) refuse_invalid(quoted(name) + " cannot be the name of a " + noun.word);
  if (length(*found) > noun.length)
    refuse_invalid(quoted(*found) + " is too long: the name of a " + noun.word + " has " +
                   std::to_string(noun.length) + " characters at most");
  return *found;
}

std::optional<Named> find(SqlConnection& connection, const Noun& noun, const std::string& name) {
  const std::string wanted = folded(noun, name);
  const SqlRows rows =
      connection.query(std::string("SELECT id, name FROM ") + noun.table + " WHERE name IN (?, ?)",
                       {wanted, with_u_labels(wanted)});
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
  if (!found) refuse_unknown(std::string("there is no ") + noun.word + " " + quoted(folded(noun, name)));
  return *found;
}

Named add(SqlConnection& connection, const Noun& noun, const std::string& name) {
  const std::string wanted = folded(noun, name);
  const auto exists = [&] {
    return PolicyAdminError(PolicyAdminError::Kind::Exists,
                            std::string("the ") + noun.word + " " + quoted(wanted) + " is there already");
  };
  if (find(connection, noun, wanted)) throw exists();
  try {
    connection.change(std::string("INSERT INTO ") + noun.table + " (name) VALUES (?)", {wanted});
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    throw PolicyAdminError(
        PolicyAdminError::Kind::Exists,
        std::string("there is a ") + noun.word + " that the database takes for " + quoted(wanted));
  }
  return need(connection, noun, wanted);
}

}  // namespace mailreeve
