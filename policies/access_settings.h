// SPDX-License-Identifier: BSD-2-Clause
// The options of access rules, with their defaults.
#ifndef MAILREEVE_POLICIES_ACCESS_SETTINGS_H
#define MAILREEVE_POLICIES_ACCESS_SETTINGS_H

#include <string>
#include <vector>

#include "core/handling.h"

namespace mailreeve {

struct AccessSettings {
  std::vector<std::string> rules;  // paths of files
  std::vector<std::string> postgrey_clients;
  std::vector<std::string> postgrey_recipients;
  Mode mode = Mode::Enforce;
};

}  // namespace mailreeve

#endif
