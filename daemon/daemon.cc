// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/daemon.h"

#include <config.h>
#include <poll.h>
#include <pthread.h>
#include <pwd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <sstream>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "config/options.h"
#include "config/socket_spec.h"
#include "daemon/housekeeping.h"
#include "daemon/log_sinks.h"
#include "daemon/log_writer.h"
#include "daemon/passed_sockets.h"
#include "daemon/process.h"
#include "daemon/service_notify.h"
#include "dns/unbound_resolver.h"
#include "milter/front_end.h"
#include "milter/libmilter/milter_server.h"
#include "milter/native/native_server.h"
#include "milter/sessions.h"
#include "net/control_socket.h"
#include "notify/notifier.h"
#include "setup/access_files.h"
#include "setup/checked_settings.h"
#include "setup/policy_data.h"
#include "setup/runtime.h"
#include "setup/state.h"
#include "util/exit_status.h"
#include "util/fail_with_errno.h"
#include "util/guarded.h"
#include "util/privileges.h"
#include "util/settled_clock.h"

namespace mailreeve {

namespace {

constexpr std::array kSignals{SIGTERM, SIGINT, SIGHUP, SIGUSR1};

// Blocked in every thread that is made from now on, so that signals wait for whoever
// reads the descriptor: the first thread (see milter/libmilter/signals.cc).
int open_signals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : kSignals) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  std::signal(SIGPIPE, SIG_IGN);
  // An inherited SIG_IGN would hide how a notify.command ended.
  std::signal(SIGCHLD, SIG_DFL);
  const int descriptor = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor < 0) fail_with_errno("signalfd");
  return descriptor;
}

struct Wanted {
  bool stop = false;
  bool reload = false;
  bool reopen_log = false;
};

// What the signals ask for that have come by now.
Wanted read_signals(int descriptor) {
  Wanted out;
  signalfd_siginfo signal{};
  while (read(descriptor, &signal, sizeof signal) == static_cast<ssize_t>(sizeof signal)) {
    const auto number = static_cast<int>(signal.ssi_signo);
    if (number == SIGHUP) {
      out.reload = true;
    } else {
      (number == SIGUSR1 ? out.reopen_log : out.stop) = true;
    }
  }
  return out;
}

// What a reload would change that only a start can.
void refuse_fixed_changes(const Settings& now, const Settings& wanted) {
  std::string errors;
  for (const auto& row : option_table())
    if (!row.reloadable && row.get(now) != row.get(wanted))
      errors += (errors.empty() ? "" : "\n") + std::string(row.name) + " changed from \"" + row.get(now) +
                "\" to \"" + row.get(wanted) + "\", which needs a restart";
  if (!errors.empty()) throw ConfigError(errors);
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream in(text);
  for (std::string line; std::getline(in, line);) out.push_back(line);
  return out;
}

std::string clock_shift_file() {
  const char* file = std::getenv("MAILREEVE_CLOCK_SHIFT");
  return file == nullptr ? "" : file;
}

std::unique_ptr<const Clock> make_clock(const std::string& shift, Log& log) {
  if (shift.empty()) return std::make_unique<SystemClock>();
  log.write(Event::ClockShifted, {{"file", shift}});
  return std::make_unique<ShiftedClock>(shift);
}

std::string log_target(const Settings& settings, bool foreground) {
  if (!settings.log_target.empty()) return settings.log_target;
  if (!foreground) return "syslog";
  return stderr_is_journal() ? "journal" : "stderr";
}

// The part of the daemon that lives behind the dropped privileges.
class Daemon {
 public:
  Daemon(const CommandLine& command_line, Settings settings, Sessions& sessions)
      : command_line_(command_line),
        sessions_(sessions),
        settings_(std::move(settings)),
        log_(log_target(settings_, command_line.foreground), settings_.log_format, settings_.log_level),
        clock_(make_clock(clock_shift_file(), log_)),
        settled_(moments(clock_shift_file())),
        state_(settings_, *clock_, log_),
        resolver_(std::make_shared<UnboundResolver>(dns_settings(settings_))),
        dns_lists_(std::make_shared<DnsLists>(dns_lists_settings(settings_.reputation), resolver_, log_)),
        policy_url_(settings_.policy_db.url),
        policy_(settings_, *clock_, settled_, log_, access_),
        notifier_(settings_.notify, log_, *clock_, RetryRules(), make_targets,
                  [this] { return settled_.settled(); }),
        control_(settings_.control_socket),
        rules_(settings_.greylist.rules) {
    access_->set_files(read_access_files(settings_.access));
    sessions_.install(make_runtime(settings_, services()));
  }

  int run(FrontEnd& front_end, int signals, std::optional<Detached> detached, unsigned long files) {
    const int ended = front_end.start();
    house_.emplace([this] { return keep_house(); });
    if (detached) detached->report_ready();
    log_.write(Event::Started, {{"version", std::string_view(PACKAGE_VERSION)},
                                {"socket", find_option("socket")->get(settings_)},
                                {"engine", find_option("engine")->get(settings_)},
                                {"mode", find_option("mode")->get(settings_)},
                                {"files", static_cast<std::int64_t>(files)}});
    constexpr unsigned long kFewFiles = 4096;
    if (files < kFewFiles) log_.write(Event::FilesLow, {{"files", static_cast<std::int64_t>(files)}});
    manager_.report_ready(status());
    const bool asked = wait(signals, ended);
    return stop(front_end, asked);
  }

 private:
  // Until a signal asks to stop (true), or libmilter gives up (false).
  bool wait(int signals, int ended) {
    const auto watchdog = ServiceNotify::watchdog_interval();
    Deadline control_rests(Milliseconds(0));
    for (;;) {
      std::array<pollfd, 3> what{pollfd{signals, POLLIN, 0}, pollfd{ended, POLLIN, 0},
                                 pollfd{control_rests.passed() ? control_.descriptor() : -1, POLLIN, 0}};
      constexpr Milliseconds kStatusEvery(60 * 1000);
      Milliseconds patience = std::min(kStatusEvery, watchdog.value_or(kStatusEvery));
      if (!control_rests.passed()) patience = std::min(patience, control_rests.left());
      poll(what.data(), what.size(), static_cast<int>(patience.count()));
      const Wanted wanted = read_signals(signals);
      if (wanted.stop) return true;
      if ((what[1].revents & POLLIN) != 0) return false;
      if (wanted.reopen_log) reopen_log();
      if (wanted.reload) reload();
      if ((what[2].revents & POLLIN) != 0 &&
          !control_.serve([this](std::string_view command) { return answer(command); }))
        control_rests = Deadline(Milliseconds(1000));
      manager_.feed_watchdog();
      manager_.report_status(status());
    }
  }

  // A step of what has to be done now and then; whether there is more to do soon.
  bool keep_house() {
    constexpr std::size_t kStep = 500;
    look_at_tables();
    look_at_lists();
    const TimePoint now = clock_->now();
    if (!settled_.settled()) return false;
    try {
      return state_.store()->purge(now, *rules_.lock(), kStep) == kStep;
    } catch (const BackendError&) {
      // The store has told the log; the next round tries again.
      return false;
    }
  }

  // Told once, at the start or when they go.
  void look_at_tables() {
    if (!next_look_.passed()) return;
    next_look_ = Deadline(Milliseconds(60 * 1000));
    const std::optional<std::string> trouble = policy_.table_trouble();
    if (!trouble) return;
    if (!trouble->empty() && !tables_missing_)
      log_.write(Event::TablesMissing, {{"url", policy_url_}, {"error", *trouble}});
    tables_missing_ = !trouble->empty();
  }

  // Those that are due, by their test points.
  void look_at_lists() {
    if (!next_look_at_lists_.passed()) return;
    next_look_at_lists_ = Deadline(Milliseconds(60 * 1000));
    dns_lists_->test(Deadline(Milliseconds(5 * 1000)));
  }

  nlohmann::ordered_json dns_lists_json() const {
    auto out = nlohmann::ordered_json::array();
    for (const auto& list : dns_lists_->status())
      out.push_back({{"list", list.zone},
                     {"option", to_string(list.kind)},
                     {"state", list.problem.empty() ? "in-use" : "set-aside"},
                     {"problem", list.problem}});
    return out;
  }

  std::string answer(std::string_view command) {
    if (command == "refresh") {
      policy_.expire();
      return R"({"done":true})";
    }
    if (command == "status") return status_json();
    return R"({"error":"unknown command"})";
  }

  // What a reload would find.
  nlohmann::ordered_json configuration_json() const {
    nlohmann::ordered_json out{{"file", command_line_.config}, {"in-force", "yes"}};
    try {
      const Settings fresh = load_checked_settings(command_line_.config, command_line_.overrides);
      std::vector<std::string_view> changed;
      for (const auto& row : option_table())
        if (row.get(fresh) != row.get(settings_)) changed.push_back(row.name);
      if (changed.empty()) return out;
      out["in-force"] = "no: the file has changed since";
      out["changed"] = changed;
    } catch (const ConfigError& error) {
      out["in-force"] = "no: the file cannot be used";
      out["errors"] = lines_of(error.what());
    }
    return out;
  }

  std::string status_json() const {
    const Notifier::Counts notified = notifier_.counts();
    const nlohmann::ordered_json out{
        {"version", PACKAGE_VERSION},
        {"mode", find_option("mode")->get(settings_)},
        {"connections", sessions_.open()},
        {"configuration", configuration_json()},
        {"state",
         {{"url", settings_.state.url},
          {"failures", state_.failures()},
          {"learned-locally", state_.learned()}}},
        {"policy-db",
         {{"url", settings_.policy_db.url},
          {"failures", policy_.policies()->failures()},
          {"entries", policy_.policies()->entries()},
          {"access-rules", policy_.access_rules()}}},
        {"messages", {{"waiting", policy_.messages().waiting()}, {"lost", policy_.messages().lost()}}},
        {"notifications",
         {{"delivered", notified.delivered},
          {"pending", notified.pending},
          {"given-up", notified.given_up},
          {"dropped", notified.dropped}}},
        {"dns-lists", dns_lists_json()}};
    return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
  }

  void reopen_log() {
    try {
      log_.reopen();
    } catch (const std::runtime_error& error) {
      log_.write(Event::LogLost, {{"error", std::string_view(error.what())}});
    }
  }

  void reload() {
    manager_.report_reloading();
    // Whatever the configuration is worth.
    reopen_log();
    try {
      Settings fresh = load_checked_settings(command_line_.config, command_line_.overrides);
      refuse_fixed_changes(settings_, fresh);
      state_.check(fresh);
      std::vector<AccessRule> access_rules = read_access_files(fresh.access);
      // What depends on DNS keeps its cache as long as DNS is asked the same way.
      if (dns_settings(fresh) != dns_settings(settings_))
        resolver_ = std::make_shared<UnboundResolver>(dns_settings(fresh));
      dns_lists_->reconfigure(dns_lists_settings(fresh.reputation), resolver_);
      notifier_.reconfigure(fresh.notify);
      policy_.messages().set_retention(fresh.messages.retention);
      policy_.expire();
      state_.reconfigure(fresh);
      access_->set_files(std::move(access_rules));
      sessions_.install(make_runtime(fresh, services()));
      *rules_.lock() = fresh.greylist.rules;
      settings_ = std::move(fresh);
      log_.reconfigure(settings_.log_format, settings_.log_level);
      log_.write(Event::Reloaded, {{"file", command_line_.config}});
    } catch (const std::exception& error) {
      for (const auto& reason : lines_of(error.what())) log_.write(Event::ReloadFailed, {{"error", reason}});
    }
    manager_.report_ready(status());
  }

  int stop(FrontEnd& front_end, bool asked) {
    manager_.report_stopping();
    if (asked) {
      log_.write(Event::Stopping, {{"connections", sessions_.open()}});
    } else {
      log_.write(Event::MilterError, {{"call", "front end"}, {"error", "ended by itself"}});
    }
    sessions_.refuse();
    front_end.stop();
    control_.close();
    const Deadline patience(settings_.deadline + Milliseconds(1000));
    while ((sessions_.running() > 0 || front_end.closing()) && !patience.passed())
      std::this_thread::sleep_for(Milliseconds(5));
    const int unfinished = sessions_.running();
    house_.reset();
    try {
      state_.store()->flush(Deadline(Milliseconds(5000)));
    } catch (const BackendError&) {
      // The store has told the log.
    }
    policy_.messages().finish(Deadline(Milliseconds(5000)));
    notifier_.stop();
    log_.write(Event::Stopped, {{"unfinished", unfinished}, {"connections", sessions_.open()}});
    return asked ? exit_status::kOk : exit_status::kSoftware;
  }

  Services services() {
    return {*clock_,   log_,   state_.store(), resolver_, dns_lists_, policy_.policies(), policy_.messages(),
            notifier_, access_};
  }

  std::string status() const { return "Serving " + std::to_string(sessions_.open()) + " connections"; }

  const CommandLine command_line_;
  Sessions& sessions_;
  Settings settings_;
  const ServiceNotify manager_;
  LogWriter log_;
  std::unique_ptr<const Clock> clock_;
  const SettledClock settled_;
  State state_;
  std::shared_ptr<Resolver> resolver_;
  const std::shared_ptr<DnsLists> dns_lists_;
  const std::string policy_url_;
  const std::shared_ptr<AccessRules> access_ = std::make_shared<AccessRules>();
  PolicyData policy_;
  Notifier notifier_;
  ControlSocket control_;
  Guarded<GreylistRules> rules_;  // for the housekeeping
  // Only the housekeeping's.
  Deadline next_look_{Milliseconds(0)};
  bool tables_missing_ = false;
  Deadline next_look_at_lists_{Milliseconds(0)};
  std::optional<Housekeeping> house_;
};

std::unique_ptr<FrontEnd> make_front_end(const Settings& settings, Sessions& sessions,
                                         std::vector<Descriptor> passed) {
  if (settings.engine == Engine::Native)
    return std::make_unique<NativeServer>(settings, sessions, std::move(passed));
  if (!passed.empty())
    throw std::runtime_error("the service manager opened a socket, which needs engine = native");
  return std::make_unique<MilterServer>(settings, sessions);
}

CommandLine with_absolute_path(CommandLine command_line) {
  command_line.config = std::filesystem::absolute(command_line.config);
  return command_line;
}

}  // namespace

int run_daemon(const CommandLine& given) {
  const CommandLine command_line = with_absolute_path(given);
  Settings settings = load_checked_settings(command_line.config, command_line.overrides);
  // Its name for this process does not outlive a fork.
  std::vector<Descriptor> passed = passed_sockets();
  std::optional<Detached> detached;
  if (!command_line.foreground) detached = Detached::fork_off();
  const int signals = open_signals();
  const unsigned long files = raise_file_limit();
  std::vector<std::string> paths{settings.control_socket, settings.pid_file};
  for (const auto& socket : settings.sockets) paths.push_back(parse_socket(socket).path);
  for (const std::string& path : paths)
    if (!path.empty()) make_run_directory(std::filesystem::path(path).parent_path(), settings.user);
  const PidFile pid_file = settings.pid_file.empty() ? PidFile() : PidFile(settings.pid_file);
  // Never destroyed: connections that are still open refer to them, and the front end's
  // threads serve them until the process is gone.
  auto* const sessions = new Sessions;
  auto front_end = make_front_end(settings, *sessions, std::move(passed));
  drop_privileges(settings.user);
  set_core_dumps(settings.core_dumps);
  auto* const daemon = new Daemon(command_line, std::move(settings), *sessions);
  return daemon->run(*front_end.release(), signals, detached, files);
}

}  // namespace mailreeve
