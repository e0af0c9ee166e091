// SPDX-License-Identifier: BSD-2-Clause
// mailreevectl(8)
#include <config.h>

#include <boost/program_options.hpp>
#include <iostream>
#include <stdexcept>
#include <string>
#include <vector>

#include "ctl/spf_command.h"
#include "milter/checked_settings.h"
#include "milter/exit_status.h"

namespace mailreeve {
namespace {

namespace po = boost::program_options;

constexpr const char* kUsage =
    "usage: mailreevectl [-c FILE] [--json] COMMAND ...\n\n"
    "  spf --client ADDRESS --helo NAME --sender ADDRESS\n"
    "      what SPF says of such mail, and how it came about\n\n"
    "  -c FILE    the daemon's configuration (default /etc/mailreeve/mailreeve.conf)\n"
    "  --json     print JSON\n"
    "  --version, --help\n\n"
    "See mailreevectl(8).\n";

// What is wrong with the command line.
class UsageError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

struct Request {
  std::string config = "/etc/mailreeve/mailreeve.conf";
  bool json = false;
  bool help = false;
  bool version = false;
  std::string command;
  std::string client;
  std::string helo;
  std::string sender;
  bool has_sender = false;
};

Request parse(int argc, char** argv) {
  Request out;
  po::options_description options;
  options.add_options()("config,c", po::value(&out.config))("json", po::bool_switch(&out.json))(
      "help,h", po::bool_switch(&out.help))("version,V", po::bool_switch(&out.version))(
      "command", po::value(&out.command))("client", po::value(&out.client))("helo", po::value(&out.helo))(
      "sender", po::value(&out.sender));
  po::positional_options_description positions;
  positions.add("command", 1);
  using po::command_line_style::style_t;
  constexpr int kStyle = style_t::unix_style & ~style_t::allow_guessing;
  po::variables_map values;
  po::store(po::command_line_parser(argc, argv).options(options).positional(positions).style(kStyle).run(),
            values);
  po::notify(values);
  out.has_sender = values.count("sender") != 0;
  return out;
}

int spf(const Request& request) {
  const auto client = IpAddress::parse(request.client);
  if (!client) throw UsageError("spf needs --client with an IPv4 or IPv6 address");
  if (request.helo.empty() || !request.has_sender)
    throw UsageError("spf needs --helo with a name and --sender with an address (<> is the null sender)");
  const Settings settings = load_checked_settings(request.config, {});
  const SpfOutcome outcome = run_spf(settings, *client, request.helo, request.sender);
  if (request.json) {
    print_spf_json(outcome, std::cout);
  } else {
    print_spf(outcome, *client, settings, std::cout);
  }
  return exit_status::kOk;
}

int run(const Request& request) {
  if (request.help) {
    std::cout << kUsage;
    return exit_status::kOk;
  }
  if (request.version) {
    std::cout << "mailreevectl " << PACKAGE_VERSION << '\n';
    return exit_status::kOk;
  }
  if (request.command == "spf") return spf(request);
  throw UsageError(request.command.empty() ? "a command is missing"
                                           : "there is no command " + request.command);
}

int guarded_main(int argc, char** argv) {
  try {
    return run(parse(argc, argv));
  } catch (const po::error& error) {
    std::cerr << "mailreevectl: " << error.what() << "\nTry mailreevectl --help.\n";
    return exit_status::kUsage;
  } catch (const UsageError& error) {
    std::cerr << "mailreevectl: " << error.what() << "\nTry mailreevectl --help.\n";
    return exit_status::kUsage;
  } catch (const ConfigError& error) {
    std::cerr << error.what() << '\n';
    return exit_status::kConfig;
  } catch (const std::exception& error) {
    std::cerr << "mailreevectl: " << error.what() << '\n';
    return exit_status::kSystem;
  }
}

}  // namespace
}  // namespace mailreeve

int main(int argc, char** argv) { return mailreeve::guarded_main(argc, argv); }
