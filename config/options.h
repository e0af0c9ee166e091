// SPDX-License-Identifier: BSD-2-Clause
// The one option table. Command line, configuration file, --help, the man page,
// the sample file and --dump=config are all made from it.
#ifndef MAILREEVE_CONFIG_OPTIONS_H
#define MAILREEVE_CONFIG_OPTIONS_H

#include <functional>
#include <iosfwd>
#include <span>
#include <string>
#include <string_view>

#include "config/settings.h"

namespace mailreeve {

struct OptionRow {
  std::string_view name;     // "greylist.delay": section and name; no dot: before the first section
  std::string_view metavar;  // "DURATION"
  bool reloadable;           // false: takes effect at a start only
  std::string_view help;     // one line
  std::string_view manual;   // mdoc(7) text for mailreeve.conf(5); empty: help says it all
  // Throws std::invalid_argument with a sentence that can follow "name = value: ".
  std::function<void(Settings&, std::string_view)> set;
  std::function<std::string(const Settings&)> get;
};

std::span<const OptionRow> option_table();
// Null if there is no such option.
const OptionRow* find_option(std::string_view name);
// The name of the most similar option, for an error message.
std::string_view nearest_option(std::string_view name);
// For a name that no option has: "did you mean greylist.delay?", with the prefix before the
// name, or the problem with its section.
std::string option_hint(std::string_view name, std::string_view prefix = "");

// Every option with its value in `settings`, as a configuration file.
void dump_config(const Settings& settings, std::ostream& out);
// A commented configuration file with every default.
void dump_sample(std::ostream& out);
// The list of options as mdoc(7), section by section.
void dump_options_manual(std::ostream& out);

}  // namespace mailreeve

#endif
