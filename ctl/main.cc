// SPDX-License-Identifier: BSD-2-Clause
// mailreevectl(8)
#include <config.h>

#include <unistd.h>

#include <algorithm>
#include <clocale>
#include <iostream>
#include <optional>
#include <string>

#include "admin/command.h"
#include "config/load.h"
#include "ctl/command_line.h"
#include "ctl/output.h"
#include "util/exit_status.h"
#include "util/fail_with_errno.h"

namespace mailreeve {
namespace {

void complain(std::string_view kind, std::string_view what) {
  std::cerr << "mailreevectl: " << kind << printable(what) << '\n';
}

void print(const Answer& answer, bool json) {
  if (json)
    std::cout << json_text(answer.json);
  else if (answer.lines.empty())
    std::cout << readable_text(answer.json, answer.columns);
  else
    for (const auto& line : answer.lines) std::cout << printable(line) << '\n';
  for (const auto& warning : answer.warnings) complain("warning: ", warning);
  for (const auto& error : answer.errors) complain("", error);
}

// Shows a progress bar on the terminal while a command works.
class Progress {
 public:
  Progress() : shown_(isatty(STDERR_FILENO) != 0) {}
  ~Progress() {
    if (shown_) std::cerr << "\r\033[K";
  }
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  void show(std::size_t done, std::size_t total) const {
    constexpr std::size_t kWidth = 40;
    if (!shown_) return;
    const std::size_t part = total == 0 ? 0 : std::min(done, total) * kWidth / total;
    std::cerr << "\r[" << std::string(part, '#') << std::string(kWidth - part, ' ') << "] " << done << " of "
              << total << std::flush;
  }

 private:
  const bool shown_;
};

// After a failure, the change may have been made in part, or the answer may have
// been lost, unless only the command line was read.
Answer run_change(const Command& command, const Call& call) {
  Answer answer;
  try {
    answer = command.run(call);
  } catch (const UsageError&) {
    throw;
  } catch (...) {
    call.site.tell_daemon();
    throw;
  }
  if (std::string warning = call.site.tell_daemon(); !warning.empty())
    answer.warnings.push_back(std::move(warning));
  return answer;
}

int run_command(const Request& request) {
  Site site(request.config, request.command->effect);
  std::optional<Progress> progress;
  const Call call{.site = site,
                  .words = request.words,
                  .options = request.options,
                  .input = std::cin,
                  .progress = [&](std::size_t done, std::size_t total) {
                    if (!progress) progress.emplace();
                    progress->show(done, total);
                  }};
  const bool changes = request.command->effect == Effect::ChangesPolicy;
  const Answer answer = changes ? run_change(*request.command, call) : request.command->run(call);
  progress.reset();
  print(answer, request.json);
  return answer.status;
}

int run(const Request& request) {
  if (request.help) {
    print_usage(request.words, std::cout);
    return exit_status::kOk;
  }
  if (request.version) {
    std::cout << "mailreevectl " << PACKAGE_VERSION << '\n';
    return exit_status::kOk;
  }
  return run_command(request);
}

// A reader would take a list that is cut off silently for a complete one.
int run_and_flush(const Request& request) {
  const int status = run(request);
  if (!std::cout.flush()) fail_with_errno("standard output cannot be written");
  return status;
}

// A database that answers but refuses is not down.
int status_of(const SqlError& error) {
  using Kind = SqlError::Kind;
  return error.kind() == Kind::Lost || error.kind() == Kind::Conflict ? exit_status::kUnavailable
                                                                      : exit_status::kNotDone;
}

std::string hint_for(const SqlError& error) {
  using Kind = SqlError::Kind;
  if (error.kind() == Kind::Missing) return "the database lacks tables (mailreevectl db check): ";
  if (error.kind() == Kind::Denied) return "the policy database refuses that to this account: ";
  return "";
}

int guarded_main(int argc, char** argv) {
  try {
    return run_and_flush(parse_request(argc, argv));
  } catch (const UsageError& error) {
    complain("", error.what());
    std::cerr << "Try mailreevectl --help.\n";
    return exit_status::kUsage;
  } catch (const ConfigError& error) {
    std::cerr << error.what() << '\n';
    return exit_status::kConfig;
  } catch (const PolicyAdminError& error) {
    complain("", error.what());
    return exit_status::kNotDone;
  } catch (const NotDone& error) {
    complain("", error.what());
    return exit_status::kNotDone;
  } catch (const SqlError& error) {
    complain(hint_for(error), error.what());
    return status_of(error);
  } catch (const BackendError& error) {
    complain("", error.what());
    return exit_status::kUnavailable;
  } catch (const std::exception& error) {
    complain("", error.what());
    return exit_status::kSystem;
  }
}

}  // namespace
}  // namespace mailreeve

int main(int argc, char** argv) {
  std::setlocale(LC_CTYPE, "");
  return mailreeve::guarded_main(argc, argv);
}
