// SPDX-License-Identifier: BSD-2-Clause
// mailreeve(8)
#include <config.h>
#include <unistd.h>

#include <iostream>
#include <sstream>
#include <string>

#include "config/options.h"
#include "daemon/daemon.h"
#include "daemon/events_manual.h"
#include "setup/checked_settings.h"
#include "util/exit_status.h"

namespace mailreeve {
namespace {

int dump(const CommandLine& command_line) {
  if (command_line.dump == "man") {
    dump_options_manual(std::cout);
  } else if (command_line.dump == "sample") {
    dump_sample(std::cout);
  } else if (command_line.dump == "events") {
    dump_events_manual(std::cout);
  } else {
    dump_config(load_checked_settings(command_line.config, command_line.overrides), std::cout);
  }
  return std::cout.flush() ? exit_status::kOk : exit_status::kSystem;
}

int check(const CommandLine& command_line) {
  std::istringstream warnings(check_settings_and_system(command_line.config, command_line.overrides));
  for (std::string line; std::getline(warnings, line);) std::cerr << "warning: " << line << '\n';
  return exit_status::kOk;
}

int run(const CommandLine& command_line) {
  if (command_line.help) {
    print_help(std::cout);
    return exit_status::kOk;
  }
  if (command_line.version) {
    std::cout << PACKAGE_STRING << '\n';
    return exit_status::kOk;
  }
  if (!command_line.dump.empty()) return dump(command_line);
  if (command_line.check) return check(command_line);
  return run_daemon(command_line);
}

int guarded_main(int argc, char** argv) {
  CommandLine command_line;
  try {
    command_line = parse_command_line(argc, argv);
  } catch (const ConfigError& error) {
    std::cerr << "mailreeve: " << error.what() << '\n';
    return exit_status::kUsage;
  }
  try {
    return run(command_line);
  } catch (const ConfigError& error) {
    std::cerr << error.what() << '\n';
    return exit_status::kConfig;
  } catch (const std::exception& error) {
    std::cerr << "mailreeve: " << error.what() << '\n';
    return exit_status::kSystem;
  }
}

}  // namespace
}  // namespace mailreeve

int main(int argc, char** argv) {
  const int status = mailreeve::guarded_main(argc, argv);
  std::cout.flush();
  // Not exit(): libmilter's threads may still be at work, and what they use must
  // not be destroyed under them. Everything that has to be stored is.
  _exit(status);
}
