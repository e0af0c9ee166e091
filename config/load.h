// SPDX-License-Identifier: BSD-2-Clause
// Makes valid Settings from a configuration file and the command line.
#ifndef MAILREEVE_CONFIG_LOAD_H
#define MAILREEVE_CONFIG_LOAD_H

#include <functional>
#include <istream>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "config/settings.h"

namespace mailreeve {

// An invalid configuration. what() has a line for each error, with file, line,
// option and value as far as they exist.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Option and value, in the order of the command line.
using Overrides = std::vector<std::pair<std::string, std::string>>;

// A problem with the value of one option that the option table does not detect.
struct Objection {
  std::string option;
  std::string why;
  bool fatal = true;  // false: a warning
};
// Further checks by the components that will use the settings.
using Review = std::function<std::vector<Objection>(const Settings&)>;

// The readable part of a file that may be broken; the rest has its defaults.
Settings readable_settings(const std::string& file);

// The command line overrides the file. Throws ConfigError. Warnings are lines like
// those of a ConfigError.
Settings load_settings(const std::string& file, const Overrides& overrides, const Review& review = {},
                       std::string* warnings = nullptr);
// The same from an open stream; `file` is its name in messages.
Settings load_settings(std::istream& in, const std::string& file, const Overrides& overrides,
                       const Review& review = {}, std::string* warnings = nullptr);

}  // namespace mailreeve

#endif
