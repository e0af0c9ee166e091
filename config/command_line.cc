// SPDX-License-Identifier: BSD-2-Clause
#include "config/command_line.h"

#include <algorithm>
#include <array>
#include <boost/program_options.hpp>
#include <ostream>

#include "config/options.h"

namespace mailreeve {

namespace {

namespace po = boost::program_options;

po::options_description own_options(CommandLine& out) {
  po::options_description options("Options");
  options.add_options()("config,c", po::value(&out.config)->value_name("FILE"),
                        "read this configuration file")("foreground,f", po::bool_switch(&out.foreground),
                                                        "stay in the foreground, log to stderr")(
      "check", po::bool_switch(&out.check), "check the configuration and exit: 0, or 78 and why")(
      "dump", po::value(&out.dump)->value_name("config|man|sample|events"),
      "print the configuration in force, the manual's list of options, a sample file or the manual's list of "
      "log events")("version,V", po::bool_switch(&out.version), "print the version")(
      "help,h", po::bool_switch(&out.help), "print this");
  return options;
}

po::options_description table_options() {
  po::options_description options("Settings, as in the configuration file, which these override");
  for (const auto& row : option_table())
    options.add_options()(std::string(row.name).c_str(),
                          po::value<std::string>()->value_name(std::string(row.metavar)),
                          std::string(row.help).c_str());
  return options;
}

}  // namespace

CommandLine parse_command_line(int argc, const char* const* argv) {
  CommandLine out;
  po::options_description all;
  all.add(own_options(out)).add(table_options());
  using po::command_line_style::style_t;
  constexpr int kStyle = style_t::unix_style & ~style_t::allow_guessing;
  try {
    const po::positional_options_description none;
    const auto parsed = po::command_line_parser(argc, argv).options(all).positional(none).style(kStyle).run();
    po::variables_map values;
    po::store(parsed, values);
    po::notify(values);
    for (const auto& option : parsed.options)
      if (find_option(option.string_key) != nullptr)
        out.overrides.emplace_back(option.string_key, option.value.empty() ? "" : option.value.front());
  } catch (const po::unknown_option& error) {
    const std::string name = error.get_option_name();
    const std::string bare = name.substr(std::min(name.find_first_not_of('-'), name.size()));
    throw ConfigError("command line: unknown option " + name + "; " + option_hint(bare, "--"));
  } catch (const po::error& error) {
    throw ConfigError(std::string("command line: ") + error.what());
  }
  constexpr std::array<std::string_view, 5> kDumps{"", "config", "man", "sample", "events"};
  if (std::find(kDumps.begin(), kDumps.end(), out.dump) == kDumps.end())
    throw ConfigError("command line: --dump=" + out.dump + ": must be one of: config, man, sample, events");
  return out;
}

void print_help(std::ostream& out) {
  CommandLine unused;
  out << "usage: mailreeve [-f] [-c FILE] [--SETTING=VALUE ...]\n"
         "       mailreeve --check [-c FILE]\n"
         "       mailreeve --dump=config|man|sample|events [-c FILE]\n\n"
      << own_options(unused) << '\n'
      << table_options();
}

}  // namespace mailreeve
