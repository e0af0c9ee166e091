// SPDX-License-Identifier: BSD-2-Clause
// The daemon's command line.
#ifndef MAILREEVE_CONFIG_COMMAND_LINE_H
#define MAILREEVE_CONFIG_COMMAND_LINE_H

#include <iosfwd>
#include <string>

#include "config/load.h"
#include "core/default_paths.h"

namespace mailreeve {

struct CommandLine {
  std::string config = config_directory() + "/mailreeve.conf";
  bool foreground = false;
  bool check = false;
  bool version = false;
  bool help = false;
  std::string dump;  // "config", "man", "sample", "events" or empty
  Overrides overrides;
};

// Throws ConfigError.
CommandLine parse_command_line(int argc, const char* const* argv);
void print_help(std::ostream& out);

}  // namespace mailreeve

#endif
