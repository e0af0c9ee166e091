// SPDX-License-Identifier: BSD-2-Clause
// A command of mailreevectl(8), and the table of them, which the command line, the
// usage text and the check of the man page use.
#ifndef MAILREEVE_ADMIN_COMMAND_H
#define MAILREEVE_ADMIN_COMMAND_H

#include <functional>
#include <istream>
#include <map>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "admin/json_values.h"
#include "admin/site.h"
#include "core/page.h"
#include "store/policydb/admin_database.h"
#include "util/exit_status.h"

namespace mailreeve {

// A problem with the command line.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

enum class Ahead { No, Yes };

struct Call {
  Site& site;
  std::vector<std::string> words;              // after the command's name; as many as it takes
  std::map<std::string, std::string> options;  // without "--"; "" for those without a value
  std::istream& input;                         // stands for the file "-"
  std::function<void(std::size_t done, std::size_t total)> progress{};  // of long work; may be empty

  bool has(const std::string& option) const { return options.count(option) != 0; }
  std::string option(const std::string& name) const { return has(name) ? options.at(name) : ""; }
  // This word, or an empty one if it is "none".
  std::string name_or_none(std::size_t index) const;
  // The user with this name, as the daemon compares it: for an IPv6 address, its network. Throws UsageError
  // for a name that no user can have.
  std::string user(const std::string& name) const;
  // The words from the `first`th on, separated by spaces.
  std::string rest(std::size_t first) const;

  AdminDatabase database() const {
    return AdminDatabase(site.policy_database(), site.patience(), site.settings().quota.defaults());
  }
  // The values of --search, --offset and --limit. All three throw UsageError.
  Page page() const;
  std::size_t number(const std::string& name, std::size_t otherwise) const;
  // The value of an option: a time, or a duration from now, or ago. nullopt without the option.
  std::optional<TimePoint> when(const std::string& name, Ahead ahead) const;
};

// The result of a command.
struct Answer {
  JsonValue json;
  std::vector<std::string> lines{};    // for people; none: the JSON as a table
  std::vector<std::string> columns{};  // of that table; none: all
  std::vector<std::string> warnings{};
  std::vector<std::string> errors{};  // what was not done, if the rest was
  int status = exit_status::kOk;
};

struct Command {
  std::string_view name;  // "quota show"
  // "USER LIMITS... [on|off] [--until WHEN]": words, of which the last may repeat and those in brackets
  // are optional; options with the name of their value.
  std::string_view arguments;
  std::string_view help;  // one line
  Effect effect;
  Answer (*run)(const Call& call);
};

std::span<const Command> command_table();

// A list by --search, --offset and --limit, with a warning if there are more rows than it
// shows. `rows_of` returns an array.
Answer list_of(const Call& call, std::vector<std::string> columns,
               const std::function<JsonValue(const Page&)>& rows_of);
// Cuts a list, and warns if there was more, and how to show it.
void cut(Answer& list, std::size_t shown, const std::string& how);

// The answer for a change: a sentence for people, and whether the change made a difference.
Answer changed(const std::string& sentence, bool different = true);

}  // namespace mailreeve

#endif
