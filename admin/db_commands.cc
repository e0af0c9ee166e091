// SPDX-License-Identifier: BSD-2-Clause
// The tables of the policy database.
#include <stdexcept>

#include "admin/commands.h"
#include "setup/access_refresher.h"
#include "store/policydb/access_rows.h"
#include "store/policydb/policy_contents.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

namespace {

// What is wrong with the tables is the admin's to mend; what the database itself
// says goes on.
template <class Work>
auto mending(Work work) {
  try {
    return work();
  } catch (const BackendError&) {
    throw;
  } catch (const std::runtime_error& error) {
    throw NotDone(error.what());
  }
}

// Rules that somebody else has written.
std::vector<std::string> doubtful_rules(const Call& call) {
  std::vector<std::string> out;
  try {
    for (const AccessRow& row :
         access_rows(call.site.policy_database(), call.site.now(), Deadline(kPatience)))
      try {
        access_rule_of(row);
      } catch (const std::invalid_argument& error) {
        out.push_back("the access rule " + std::to_string(row.id) +
                      " cannot be used and is passed over: " + error.what());
      }
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Missing) throw;
  }
  return out;
}

std::vector<std::string> doubts_of(const Call& call) {
  auto out = doubtful_contents(call.site.policy_database(), Deadline(kPatience),
                               call.site.settings().quota.defaults());
  const auto rules = doubtful_rules(call);
  out.insert(out.end(), rules.begin(), rules.end());
  return out;
}

}  // namespace

Answer db_init(const Call& call) {
  const std::string file = absent_sqlite_file(call.site.settings().policy_db.url);
  // An SQLite file is made, with all its tables, when it is opened.
  SqlDatabase& database = call.site.policy_database();
  const auto made = mending([&] { return init_policy_schema(database, Deadline(kPatience)); });
  std::string text;
  for (const auto& table : made) text += (text.empty() ? "made the tables " : ", ") + table;
  if (!file.empty()) text = "made the file " + file + " with all tables";
  if (text.empty()) text = "all tables are there already";
  return {.json = {{"file", json_name(file)}, {"made", made}}, .lines = {text}, .warnings = doubts_of(call)};
}

Answer db_upgrade(const Call& call) {
  SqlDatabase& database = call.site.policy_database();
  const int before = check_policy_schema(database, Deadline(kPatience)).version;
  mending([&] { upgrade_policy_schema(database, Deadline(kPatience)); });
  const int after = check_policy_schema(database, Deadline(kPatience)).version;
  const std::string version = "version " + std::to_string(after);
  return {.json = {{"before", before}, {"version", after}},
          .lines = {"the tables are of " + version + (before == after ? " already" : " now")}};
}

Answer db_check(const Call& call) {
  const PolicySchema schema =
      check_policy_schema(call.site.policy_database(SqliteCheck::Pages), Deadline(kPatience));
  const std::vector<std::string> doubts = doubts_of(call);
  Answer out{{{"current", schema.current()},
              {"version", schema.version},
              {"wanted", schema.wanted},
              {"problems", schema.problems},
              {"doubts", doubts}}};
  if (schema.current())
    out.lines.push_back("the tables are of version " + std::to_string(schema.version) + ", as wanted");
  for (const auto* sentences : {&schema.problems, &doubts})
    out.lines.insert(out.lines.end(), sentences->begin(), sentences->end());
  out.status = schema.current() && doubts.empty() ? exit_status::kOk : exit_status::kNotDone;
  return out;
}

}  // namespace mailreeve
