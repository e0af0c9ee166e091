// SPDX-License-Identifier: BSD-2-Clause
// Every setting and its default: the only place where defaults stand. Plain
// values; what they mean is in the option table (config/options.cc).
#ifndef MAILREEVE_CONFIG_SETTINGS_H
#define MAILREEVE_CONFIG_SETTINGS_H

#include <string>
#include <string_view>
#include <vector>

#include "core/action.h"
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
enum class SpfApply { All, Never };
enum class SpfEngineChoice { Native, Libspf2 };
enum class AuthenticationResults { No, Inbound, All };

struct GreylistSettings {
  GreylistApply apply = GreylistApply::All;
  GreylistRules rules;
  unsigned ipv4_prefix = 24;
  unsigned ipv6_prefix = 64;
  bool spf_domain = true;
  ReplyTemplate message{"451 4.7.1 Greylisted, please try again in {remaining} seconds ({ref})",
                        ReplyTemplate::Class::Temporary,
                        "451 4.7.1",
                        {"remaining", "delay"}};
  OnFailure on_failure = OnFailure::Accept;
};

// The texts of on-fail and its like, and the codes that they may leave out.
inline constexpr std::string_view kSpfDefer = "451 4.7.24 SPF check failed: {reason} ({ref})";
inline constexpr std::string_view kSpfReject = "550 5.7.23 SPF check failed: {reason} {explanation} ({ref})";
inline constexpr std::string_view kSpfPlaceholders[] = {"reason", "explanation", "domain", "client"};
inline Action spf_action(std::string_view text) { return {text, kSpfDefer, kSpfReject, kSpfPlaceholders}; }

struct SpfSettings {
  SpfApply apply = SpfApply::All;
  bool check_helo = true;
  SpfEngineChoice engine = SpfEngineChoice::Native;
  Action on_pass = spf_action("accept");
  Action on_fail = spf_action("reject");
  Action on_softfail = spf_action("accept");
  Action on_neutral = spf_action("accept");
  Action on_none = spf_action("accept");
  Action on_temperror = spf_action("accept");
  Action on_permerror = spf_action("accept");
  std::string best_guess;
  unsigned void_lookups = 2;
  Milliseconds timeout{5000};
  std::vector<Network> trusted_relays;
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

  struct {
    std::vector<std::string> servers;
    Milliseconds timeout{4000};
    std::string trust_anchor_file;
  } dns;

  GreylistSettings greylist;
  SpfSettings spf;

  struct {
    AuthenticationResults authentication_results = AuthenticationResults::Inbound;
    bool received_spf = true;
    bool greylist = true;
  } headers;
};

}  // namespace mailreeve

#endif
