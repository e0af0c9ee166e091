// SPDX-License-Identifier: BSD-2-Clause
// Every setting and its default: the only place where defaults stand. Plain
// values; what they mean is in the option table (config/options.cc).
#ifndef MAILREEVE_CONFIG_SETTINGS_H
#define MAILREEVE_CONFIG_SETTINGS_H

#include <string>
#include <vector>

#include "core/greylist_state.h"
#include "core/ip_address.h"
#include "core/log.h"
#include "core/time.h"
#include "core/verdict.h"

namespace mailreeve {

enum class Mode { Enforce, Monitor };
enum class LogFormat { Text, Json };
enum class GreylistApply { All, Never };
enum class OnFailure { Accept, Defer };

struct GreylistSettings {
  GreylistApply apply = GreylistApply::All;
  GreylistRules rules;
  unsigned ipv4_prefix = 24;
  unsigned ipv6_prefix = 64;
  ReplyTemplate message{"451 4.7.1 Greylisted, please try again in {remaining} seconds ({ref})",
                        ReplyTemplate::Class::Temporary,
                        "451 4.7.1",
                        {"remaining", "delay"}};
  OnFailure on_failure = OnFailure::Accept;
};

struct Settings {
  std::string socket = "unix:/run/mailreeve/mailreeve.sock";
  unsigned socket_mode = 0660;
  std::string socket_group;
  std::string user = "mailreeve";
  std::string pid_file;
  bool core_dumps = false;

  Mode mode = Mode::Enforce;
  Milliseconds deadline{8000};
  std::vector<Network> trusted_networks{*Network::parse("127.0.0.0/8"), *Network::parse("::1")};
  std::vector<Network> submission_networks;
  std::string authserv_id;

  std::string log_target;
  LogFormat log_format = LogFormat::Text;
  Severity log_level = Severity::Info;

  struct {
    std::string url = "sqlite:/var/lib/mailreeve/state.db";
  } state;

  GreylistSettings greylist;

  struct {
    bool greylist = true;
  } headers;
};

}  // namespace mailreeve

#endif
