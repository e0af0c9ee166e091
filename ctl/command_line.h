// SPDX-License-Identifier: BSD-2-Clause
// Parses the command line of mailreevectl(8) by the table of commands.
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
  std::vector<std::string> words{};  // after the command's name
  std::map<std::string, std::string> options{};
};

// Options may appear anywhere before "--". Throws UsageError.
Request parse_request(int argc, const char* const* argv);

// With words, prints only commands that begin with them. Throws UsageError if there are none.
void print_usage(const std::vector<std::string>& words, std::ostream& out);

}  // namespace mailreeve

#endif
