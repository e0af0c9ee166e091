// SPDX-License-Identifier: BSD-2-Clause
#include "setup/system_check.h"

#include <grp.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "config/socket_spec.h"
#include "notify/notifier.h"
#include "setup/access_files.h"
#include "store/redis/url.h"
#include "store/state/open_state_store.h"
#include "util/privileges.h"
#include "util/secret_file.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kFile = "file:";

std::string directory_of(const std::string& path) {
  const auto slash = path.rfind('/');
  return slash == 0 ? "/" : path.substr(0, slash);
}

bool changes_rights(const std::string& program) {
  struct stat facts {};
  return stat(program.c_str(), &facts) == 0 && (facts.st_mode & (S_ISUID | S_ISGID)) != 0;
}

// `sendmail` or what it calls; empty if neither is set-user-ID or set-group-ID, as far
// as that can be seen. Postfix's own is a plain program that calls postdrop(1) beside it.
std::string changes_rights_for(const std::string& sendmail) {
  if (changes_rights(sendmail)) return sendmail;
  std::error_code error;
  const auto real = std::filesystem::canonical(sendmail, error);
  if (error) return "";
  const std::string postdrop = real.parent_path() / "postdrop";
  return changes_rights(postdrop) ? postdrop : "";
}

class SystemReview {
 public:
  SystemReview(const Settings& settings, std::string file) : settings_(settings), file_(std::move(file)) {}

  std::vector<Objection> run() {
    look_at_identities();
    look_at_sockets();
    become_user();
    look_at_stores();
    look_at_secrets();
    look_at_other_files();
    look_at_access_rules();
    look_at_notifications();
    return std::move(found_);
  }

 private:
  void object(std::string option, std::string why) {
    found_.push_back({.option = std::move(option), .why = std::move(why)});
  }
  void warn(std::string option, std::string why) {
    found_.push_back({.option = std::move(option), .why = std::move(why), .fatal = false});
  }

  void look_at_identities() {
    const bool is_root = geteuid() == 0;
    const passwd* user = getpwnam(settings_.user.c_str());
    user_is_there_ = user != nullptr;
    // Started by another user, the daemon stays what it is.
    if (is_root && user == nullptr) object("user", "no such user");
    if (is_root && user != nullptr && user->pw_uid == 0)
      warn("user", "the daemon keeps root's rights; give it a user of its own");
    if (!settings_.socket_group.empty() && getgrnam(settings_.socket_group.c_str()) == nullptr)
      object("socket-group", "no such group");
  }

  void look_at_sockets() {
    for (const auto& name : settings_.sockets)
      if (const SocketSpec socket = parse_socket(name); socket.is_unix())
        need_directory_or_parent("socket", directory_of(socket.path));
    const bool has_file = std::any_of(settings_.sockets.begin(), settings_.sockets.end(),
                                      [](const auto& name) { return parse_socket(name).is_unix(); });
    if (has_file && (settings_.socket_mode & S_IWOTH) != 0)
      warn("socket-mode", "everybody on this host may speak for the MTA");
    if (!settings_.control_socket.empty())
      need_directory_or_parent("control-socket", directory_of(settings_.control_socket));
    if (!settings_.pid_file.empty()) need_directory_or_parent("pid-file", directory_of(settings_.pid_file));
  }

  void become_user() {
    if (user_is_there_) drop_privileges(settings_.user);
  }

  void look_at_stores() {
    look_at_sqlite("state.url", settings_.state.url);
    look_at_sqlite("policy-db.url", settings_.policy_db.url);
    const bool wants_local = settings_.greylist.on_failure == StoreFailure::Local ||
                             settings_.quota.on_failure == StoreFailure::Local;
    if (wants_local && is_remote_state_url(settings_.state.url))
      look_at_sqlite("state.local", settings_.state.local);
  }

  void look_at_sqlite(const char* option, const std::string& url) {
    if (!url.starts_with(kSqlite)) return;
    const std::string path = url.substr(kSqlite.size());
    // SQLite makes files beside its own.
    need_directory(option, directory_of(path), W_OK | X_OK);
    if (exists(path)) need_access(option, path, R_OK | W_OK);
  }

  void look_at_access_rules() {
    for (auto& objection : review_access_files(settings_.access)) found_.push_back(std::move(objection));
  }

  void look_at_secrets() {
    if (is_redis_url(settings_.state.url)) {
      try {
        look_at_secret("state.url", parse_redis_url(settings_.state.url).password_file);
      } catch (const std::invalid_argument&) {
        // The review of the settings has said so.
      }
    }
    look_at_secret("policy-db.password-file", settings_.policy_db.password_file);
    if (!settings_.notify.webhook_url.empty())
      look_at_secret("notify.webhook-secret-file", settings_.notify.webhook_secret_file);
    if (settings_.notify.webhook_url.find('@') != std::string::npos && others_can_read(file_))
      warn("notify.webhook-url", "others can read " + file_ + ", and what may be a password in it");
  }

  void look_at_secret(const char* option, const std::string& path) {
    if (path.empty() || !need_access(option, path, R_OK)) return;
    try {
      read_secret_file(path);
    } catch (const SecretFileError& error) {
      object(option, error.what());
    }
    if (others_can_read(path)) warn(option, "others can read " + path);
  }

  void look_at_other_files() {
    // A reload reads it as this user.
    if (exists(file_) && access(file_.c_str(), R_OK) != 0)
      warn("user", "cannot read " + file_ + ", so that a reload would fail");
    for (const auto& [option, path] :
         {std::pair<const char*, const std::string&>{"state.tls-ca-file", settings_.state.tls_ca_file},
          {"policy-db.tls-ca-file", settings_.policy_db.tls_ca_file},
          {"dns.trust-anchor-file", settings_.dns.trust_anchor_file}})
      if (!path.empty()) need_access(option, path, R_OK);
    if (!settings_.log_target.starts_with(kFile)) return;
    const std::string log = settings_.log_target.substr(kFile.size());
    if (exists(log)) {
      need_access("log-target", log, W_OK);
    } else {
      need_directory("log-target", directory_of(log), W_OK | X_OK);
    }
  }

  void look_at_notifications() {
    const NotifySettings& notify = settings_.notify;
    if (!notify.command.empty()) need_access("notify.command", split_command(notify.command).front(), X_OK);
    if (!notify.mail_to.empty() && !smtp_server(notify.sendmail)) look_at_sendmail(notify.sendmail);
    if (!notify.enabled()) return;
    if (exists(notify.spool)) {
      need_directory("notify.spool", notify.spool, W_OK | X_OK);
    } else {
      need_directory("notify.spool", directory_of(notify.spool), W_OK | X_OK);
    }
    try {
      make_targets(notify);
    } catch (const SecretFileError&) {
      // look_at_secrets() has said so.
    } catch (const std::runtime_error& error) {
      object("notify.webhook-secret-file", error.what());
    }
  }

  void look_at_sendmail(const std::string& sendmail) {
    if (!need_access("notify.sendmail", sendmail, X_OK)) return;
    // systemd's NoNewPrivileges=, for the caller as for the daemon.
    if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) != 1) return;
    const std::string program = changes_rights_for(sendmail);
    if (!program.empty())
      warn("notify.sendmail", program +
                                  " is set-user-ID or set-group-ID, which has no effect under "
                                  "NoNewPrivileges=: no mail will go out; use smtp://127.0.0.1");
  }

  static bool exists(const std::string& path) { return access(path.c_str(), F_OK) == 0; }

  // Where the caller is neither root nor the daemon's user, a refusal says nothing.
  bool is_for_us(int error) const {
    if (error != EACCES || geteuid() == 0) return true;
    const passwd* user = getpwnam(settings_.user.c_str());
    return user != nullptr && user->pw_uid == geteuid();
  }

  bool need_access(const char* option, const std::string& path, int how) {
    if (access(path.c_str(), how) == 0) return true;
    // Looking for the user changes errno.
    const int why = errno;
    if (is_for_us(why)) object(option, path + ": " + std::strerror(why));
    return false;
  }

  bool need_directory(const char* option, const std::string& path, int how) {
    struct stat facts {};
    if (stat(path.c_str(), &facts) == 0 && !S_ISDIR(facts.st_mode)) {
      object(option, path + ": " + std::strerror(ENOTDIR));
      return false;
    }
    return need_access(option, path, how);
  }

  // The daemon makes it there.
  void need_directory_or_parent(const char* option, const std::string& path) {
    need_directory(option, exists(path) ? path : directory_of(path), F_OK);
  }

  const Settings& settings_;
  const std::string file_;
  bool user_is_there_ = false;
  std::vector<Objection> found_;
};

}  // namespace

std::vector<Objection> review_system(const Settings& settings, const std::string& file) {
  return SystemReview(settings, file).run();
}

}  // namespace mailreeve
