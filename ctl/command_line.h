// SPDX-License-Identifier: BSD-2-Clause
// mailreevectl(8)'s command line, by the table of commands.
#ifndef MAILREEVE_CTL_COMMAND_LINE_H
#define MAILREEVE_CTL_COMMAND_LINE_H

#include <iosfwd>
#include <map>
#include <string>
#include <vector>

#include "admin/command.h"

namespace mailreeve {

struct Request {
  std::string config;
  bool json = false;
  bool help = false;
  bool version = false;
  const Command* command = nullptr;  // null only with `help` and `version`
  std::vector<std::string> words{};  // behind the command's name
  std::map<std::string, std::string> options{};
};

// Options may stand anywhere; what is behind "--" is none. Throws UsageError.
Request parse_request(int argc, const char* const* argv);

// With words, of the commands that begin with them only. Throws UsageError if none does.
void print_usage(const std::vector<std::string>& words, std::ostream& out);

}  // namespace mailreeve

#endif
