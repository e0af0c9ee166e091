// SPDX-License-Identifier: BSD-2-Clause
// Users, what they may send as, and bringing in many of them at once.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iterator>

#include "admin/allowance.h"
#include "admin/commands.h"
#include "admin/in_force.h"
#include "admin/unlisted.h"
#include "core/domain_names.h"
#include "policies/sender_auth.h"
#include "store/policydb/address_admin.h"
#include "store/policydb/alias_admin.h"
#include "store/policydb/grant_admin.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/sql_policy_db.h"
#include "store/policydb/user_admin.h"

namespace mailreeve {

namespace {

JsonValue json_of(const std::vector<AliasEntry>& aliases) {
  JsonValue out = JsonValue::array();
  for (const auto& each : aliases) out.push_back({{"alias", each.alias}, {"target", each.target}});
  return out;
}

JsonValue json_of(const std::optional<RaiseEntry>& raise) {
  if (!raise) return {};
  return {{"limits", raise->limits}, {"until", json_time(raise->until)}, {"locked", raise->locked}};
}

JsonValue json_of(const std::optional<TotalsEntry>& totals) {
  if (!totals) return {};
  return {{"messages", totals->messages},
          {"recipients", totals->recipients},
          {"refused", totals->refused},
          {"since", json_time(totals->since)}};
}

// Whether it is new.
bool allowed(const Call& call) {
  const bool create = call.has("create");
  try {
    return GrantAdmin(call.database()).allow(call.words[0], call.words[1], create);
  } catch (const PolicyAdminError& error) {
    if (create || error.kind() != PolicyAdminError::Kind::Unknown) throw;
    throw NotDone(std::string(error.what()) + " (--create adds it)");
  }
}

void warn_of_unusable(const UserEntry& user, std::vector<std::string>& warnings) {
  const auto look_at = [&](const std::string& name, const char* kind, bool usable) {
    if (usable) return;
    warnings.push_back("\"" + name + "\" cannot be the name of " + kind +
                       ": it allows nothing, but restricts " + user.name);
  };
  for (const auto& name : user.domains) look_at(name, "a domain", fold_domain(name).has_value());
  for (const auto& name : user.addresses)
    look_at(name, "an address", fold_address(name).has_value() && !meant_by(name));
  for (const auto& each : user.aliases)
    look_at(each.alias, "an address", fold_address(each.alias).has_value());
}

// Of whom the limits are shown: who has nothing nearer than "*".
Standing standing_of_user(const Call& call, const std::string& user, std::vector<std::string>& warnings) {
  return standing_of(call.site, user == kEverybody ? "" : user, warnings);
}

std::string called(const std::string& user) {
  return user == kEverybody ? "who has no quota, nor has its domain," : user;
}

// What is granted in another way, or to everybody.
void warn_of_other_grants(const Call& call, const std::string& user, const std::string& what,
                          std::vector<std::string>& warnings) {
  SqlPolicyDb policies(call.site.policy_database(), call.site.clock());
  const Deadline deadline(call.site.patience());
  const UserPolicy mine = policies.user(user, deadline);
  if (!mine.listed()) return;
  const Address sender = Address::parse(what.find('@') == std::string::npos ? "x@" + what : what);
  if (covers(mine.senders, sender))
    warnings.push_back(user + " may still send as " + what + " by what else is granted to it");
  else if (covers(policies.user(kEverybody, deadline).senders, sender))
    warnings.push_back(user + " may still send as " + what + ", as everybody may");
}

constexpr char kAllMayAll[] = "every user may send as anybody now, whatever else is granted";

void warn_of_sender_auth(const Call& call, std::vector<std::string>& warnings) {
  if (call.site.settings().sender_auth.apply == SenderAuthApply::Never)
    warnings.emplace_back("sender-auth.apply = never: nobody looks at what users send as");
}

std::string read_all(std::istream& in) {
  return {std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
}

std::string read_file(const Call& call, const std::string& file) {
  if (file == "-") return read_all(call.input);
  std::ifstream in(file, std::ios::binary);
  if (!in.is_open()) throw NotDone(file + ": cannot be read: " + std::strerror(errno));
  try {
    return read_all(in);
  } catch (const std::ios_base::failure& error) {
    // A directory can be opened, too.
    throw NotDone(file + ": cannot be read: " + error.code().message());
  }
}

}  // namespace

Answer show(const Call& call) {
  const UserEntry user = UserAdmin(call.database()).user(call.words[0]);
  Answer out;
  const Standing standing = standing_of(call.site, user.name, out.warnings);
  out.json = {{"user", user.name}};
  out.json.update(json_of(standing));
  out.json["raise"] = json_of(user.raise);
  out.json["domains"] = user.domains;
  out.json["addresses"] = user.addresses;
  out.json["totals"] = json_of(user.totals);
  out.json["aliases"] = json_of(user.aliases);
  if (call.has("quota")) out.json.update(usage_of(call.site, user.name, standing));
  if (!user.quota) out.warnings.push_back(user.name + " has no quota of its own");
  warn_of_unlisted(call.site, {user.name}, out.warnings);
  warn_of_unusable(user, out.warnings);
  return out;
}

Answer allow(const Call& call) {
  const bool fresh = allowed(call);
  Answer out = changed(call.words[0] + (fresh ? " may send as " : " could send as ") + call.words[1] +
                           (fresh ? "" : " already"),
                       fresh);
  if (call.words[0] == kEverybody && call.words[1] == kEverybody)
    out.warnings.emplace_back(kAllMayAll);
  else if (call.words[1].find('*') != std::string::npos && call.words[1] != kEverybody)
    out.warnings.push_back(call.words[1] + " is this one address: \"*\" stands for nothing in it");
  warn_of_sender_auth(call, out.warnings);
  return out;
}

Answer deny(const Call& call) {
  const bool fresh = GrantAdmin(call.database()).deny(call.words[0], call.words[1]);
  Answer out = changed(
      call.words[0] + (fresh ? " is no longer listed for " : " was not listed for ") + call.words[1], fresh);
  warn_of_unlisted(call.site, {call.words[0]}, out.warnings);
  warn_of_other_grants(call, fold_name(call.words[0]), call.words[1], out.warnings);
  return out;
}

Answer set_quota(const Call& call) {
  const std::string quota = call.name_or_none(1);
  const bool different = GrantAdmin(call.database()).set_quota(call.words[0], quota);
  const std::string user = fold_name(call.words[0]);
  std::vector<std::string> warnings;
  const Standing standing = standing_of_user(call, user, warnings);
  Answer out = changed(called(user) + " may send " + limits_text(standing), different);
  if (quota.empty() && is_unlimited(standing)) warnings.push_back(out.lines.front());
  out.warnings = std::move(warnings);
  return out;
}

Answer user_list(const Call& call) {
  return list_of(call, {"user", "quota"}, [&](const Page& page) {
    JsonValue rows = JsonValue::array();
    for (const auto& user : UserAdmin(call.database()).users(page))
      rows.push_back({{"user", user.name}, {"quota", json_name(user.quota)}});
    return rows;
  });
}

Answer user_add(const Call& call) {
  UserAdmin(call.database()).add_user(call.words[0]);
  return changed("the user " + call.words[0] + " is added");
}

Answer user_remove(const Call& call) {
  const std::string user = fold_name(call.words[0]);
  SqlPolicyDb policies(call.site.policy_database(), call.site.clock());
  const bool listed = policies.user(user, Deadline(call.site.patience())).listed();
  std::vector<std::string> warnings;
  const bool unlimited = is_unlimited(standing_of_user(call, user, warnings));
  UserAdmin(call.database()).remove_user(call.words[0]);
  Answer out = changed("the user " + call.words[0] + " is removed");
  // The account may be there still.
  if (listed && user != kEverybody)
    out.warnings.push_back("as long as " + user +
                           " can log in: " + what_follows_for_unknown(call.site, user));
  const Standing standing = standing_of_user(call, user, out.warnings);
  if (!unlimited && is_unlimited(standing))
    out.warnings.push_back((user == kEverybody ? called(user) + " may send "
                                               : "as long as " + user + " can log in: it may send ") +
                           limits_text(standing));
  return out;
}

Answer address_list(const Call& call) {
  return list_of(call, {},
                 [&](const Page& page) { return JsonValue(AddressAdmin(call.database()).addresses(page)); });
}

Answer address_show(const Call& call) {
  return {{{"address", call.words[0]},
           {"users", AddressAdmin(call.database()).address_users(call.words[0], kWhole)}}};
}

Answer address_add(const Call& call) {
  AddressAdmin(call.database()).add_address(call.words[0]);
  return changed("the address " + call.words[0] + " is added");
}

Answer address_remove(const Call& call) {
  return remove_listed(call, "address", &AddressAdmin::address_users, &AddressAdmin::remove_address);
}

Answer alias_list(const Call& call) {
  return list_of(call, {"alias", "target"},
                 [&](const Page& page) { return json_of(AliasAdmin(call.database()).aliases(page)); });
}

Answer alias_add(const Call& call) {
  AliasAdmin(call.database()).add_alias(call.words[0], call.words[1]);
  return changed(call.words[0] + " is an alias of " + call.words[1]);
}

Answer alias_remove(const Call& call) {
  AliasAdmin(call.database()).remove_alias(call.words[0], call.words[1]);
  Answer out = changed(call.words[0] + " is no longer an alias of " + call.words[1]);
  // Who has the address that it stood for may still send as that.
  warn_of_unlisted(call.site, {call.words[1]}, out.warnings);
  return out;
}

// Read before the database is opened, which may cost root's privileges.
Answer import_file(const Call& call) {
  const std::string text = read_file(call, call.words[0]);
  const AdminDatabase database(call.site.policy_database(), std::max(call.site.patience(), kPatience),
                               call.site.settings().quota.defaults());
  ImportReport report = GrantAdmin(database).import_lines(text, call.has("create"));
  JsonValue problems = JsonValue::array();
  Answer out;
  for (const auto& problem : report.problems) {
    problems.push_back({{"line", problem.line}, {"text", problem.text}});
    out.errors.push_back(call.words[0] + ":" + std::to_string(problem.line) + ": " + problem.text);
  }
  out.json = {{"done", report.done}, {"problems", problems}};
  out.lines = {std::to_string(report.done) + " lines are done, " + std::to_string(report.problems.size()) +
               " cannot be"};
  out.status = report.problems.empty() ? exit_status::kOk : exit_status::kNotDone;
  auto& denied = report.denied;
  std::sort(denied.begin(), denied.end());
  denied.erase(std::unique(denied.begin(), denied.end()), denied.end());
  warn_of_unlisted(call.site, denied, out.warnings);
  if (report.everything_to_everybody) out.warnings.emplace_back(kAllMayAll);
  for (const auto& name : report.without_quota) {
    std::vector<std::string> others;
    const Standing standing = standing_of_user(call, fold_name(name), others);
    if (is_unlimited(standing))
      out.warnings.push_back(called(fold_name(name)) + " may send " + limits_text(standing));
  }
  return out;
}

}  // namespace mailreeve
