// SPDX-License-Identifier: BSD-2-Clause
#include "admin/site.h"

#include <cstdlib>
#include <filesystem>
#include <optional>
#include <stdexcept>

#include "net/control_socket.h"
#include "setup/checked_settings.h"
#include "setup/policy_data.h"
#include "setup/state.h"
#include "store/policydb/open_policy_db.h"
#include "store/state/open_state_store.h"
#include "util/privileges.h"

namespace mailreeve {

namespace {

// The same clock as the daemon's.
std::unique_ptr<const Clock> make_clock() {
  const char* file = std::getenv("MAILREEVE_CLOCK_SHIFT");
  if (file == nullptr) return std::make_unique<SystemClock>();
  return std::make_unique<ShiftedClock>(file);
}

// Opening it would make it: an empty one, which says that nobody is listed.
void refuse_absent(const std::string& url, const std::string& who_makes_it) {
  if (const std::string file = absent_sqlite_file(url); !file.empty())
    throw NotDone("there is no file " + file + ": " + who_makes_it);
}

JsonValue read_answer(const std::string& text) {
  JsonValue answer = JsonValue::parse(text, nullptr, false);
  if (!answer.is_object()) throw BackendError("the daemon's answer is no JSON object: " + text);
  if (answer.contains("error")) throw BackendError("the daemon says: " + answer["error"].dump());
  return answer;
}

}  // namespace

Site::Site(const std::string& config, Effect effect)
    : settings_(effect == Effect::Asks ? readable_settings(config) : load_checked_settings(config, {})),
      effect_(effect),
      clock_(make_clock()) {}

void Site::become_user() {
  if (became_user_) return;
  drop_privileges(settings_.user);
  became_user_ = true;
}

SqlDatabase& Site::policy_database(SqliteCheck check) {
  become_user();
  if (!policy_database_) {
    PolicyDbAddress address = policy_db_address(settings_.policy_db);
    address.check = check;
    if (effect_ == Effect::Looks) refuse_absent(address.url, "mailreevectl db init makes it");
    policy_database_ = open_policy_db(address);
  }
  return *policy_database_;
}

StateStore& Site::state() {
  if (settings_.state.url == "memory:")
    throw BackendError("state.url = memory: what it holds is in the daemon's memory, and only that sees it");
  become_user();
  if (!state_) refuse_absent(settings_.state.url, "the daemon makes it");
  if (!state_) {
    StateStoreOptions options = state_store_options(settings_.state);
    options.check = SqliteCheck::Header;
    // No mail waits for it.
    if (!is_remote_state_url(settings_.state.url)) options.timeout = kPatience;
    state_ = open_state_store(settings_.state.url, options);
  }
  return *state_;
}

JsonValue Site::ask_daemon(std::string_view command) const {
  const std::string& path = settings_.control_socket;
  if (path.empty()) throw BackendError("control-socket is empty, so that no daemon can be asked");
  std::optional<std::string> answer;
  try {
    answer = mailreeve::ask_daemon(path, command);
  } catch (const std::runtime_error& error) {
    throw BackendError(error.what());
  }
  if (!answer) throw BackendError("no daemon listens on " + path);
  return read_answer(*answer);
}

std::string Site::tell_daemon() const {
  constexpr std::string_view kRefresh = "refresh";
  try {
    const auto answer = mailreeve::ask_daemon(settings_.control_socket, kRefresh);
    if (answer) read_answer(*answer);
    return "";
  } catch (const std::runtime_error& error) {
    return std::string("the daemon will see this within policy-db.cache-ttl only: ") + error.what();
  }
}

std::string absent_sqlite_file(const std::string& url) {
  constexpr std::string_view kSqlite = "sqlite:";
  if (!url.starts_with(kSqlite)) return "";
  const std::string path = url.substr(kSqlite.size());
  std::error_code error;
  return std::filesystem::exists(path, error) || error ? "" : path;
}

}  // namespace mailreeve
