// SPDX-License-Identifier: BSD-2-Clause
// From a configuration file and the command line to Settings that make sense.
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

// A configuration that cannot be used. what() has a line for each error, each
// with file, line, option and value where there are such.
class ConfigError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Option and value, in the order of the command line.
using Overrides = std::vector<std::pair<std::string, std::string>>;

// What is wrong with the value of one option, beyond what the option table knows.
struct Objection {
  std::string option;
  std::string why;
  bool fatal = true;  // false: a warning
};
// What the parts say that will use the settings.
using Review = std::function<std::vector<Objection>(const Settings&)>;

// What can be read of a file that may be broken; the rest is as by default.
Settings readable_settings(const std::string& file);

// What the command line says goes over what the file says. Throws ConfigError.
// Warnings are lines as those of a ConfigError.
Settings load_settings(const std::string& file, const Overrides& overrides, const Review& review = {},
                       std::string* warnings = nullptr);
// The same from an open stream; `file` is its name in messages.
Settings load_settings(std::istream& in, const std::string& file, const Overrides& overrides,
                       const Review& review = {}, std::string* warnings = nullptr);

}  // namespace mailreeve

#endif
