// SPDX-License-Identifier: BSD-2-Clause
// Every setting and its default: the only place where defaults stand. Plain
// values; what they mean is in the option table (config/options.cc).
#ifndef MAILREEVE_CONFIG_SETTINGS_H
#define MAILREEVE_CONFIG_SETTINGS_H

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/action.h"
#include "core/default_paths.h"
#include "core/facts.h"
#include "core/greylist_state.h"
#include "core/ip_address.h"
#include "core/limits.h"
#include "core/log.h"
#include "core/verdict.h"
#include "notify/settings.h"
#include "util/time.h"

namespace mailreeve {

enum class Mode { Enforce, Monitor };
enum class LogFormat { Text, Json };
enum class GreylistApply { All, OptIn, Never };
enum class OnFailure { Accept, Defer };
// Local: with the store of this host; where that fails, too: accept.
enum class StoreFailure { Accept, Defer, Local };
enum class RedisNames { Plain, Hashed };
enum class SpfApply { All, OptIn, Never };
enum class SenderAuthApply { All, Listed, Never };
enum class QuotaApply { All, Never };
enum class NullSender { Allow, Refuse };
enum class CheckFrom { No, Log, Refuse };
enum class QuotaReset { Sliding, Daily };
enum class OverQuota { Defer, Reject };
enum class LogMessages { No, Outbound, All };
enum class SpfEngineChoice { Native, Libspf2 };
enum class AuthenticationResults { No, Inbound, All };

struct GreylistSettings {
  GreylistApply apply = GreylistApply::All;
  Mode mode = Mode::Enforce;
  GreylistRules rules;
  unsigned ipv4_prefix = 24;
  unsigned ipv6_prefix = 64;
  bool spf_domain = true;
  bool host_domain = true;
  ReplyTemplate message{"451 4.7.1 Greylisted, please try again in {remaining} seconds ({ref})",
                        ReplyTemplate::Class::Temporary,
                        "451 4.7.1",
                        {"remaining", "delay"}};
  StoreFailure on_failure = StoreFailure::Accept;
};

// The texts of on-fail and its like, and the codes that they may leave out.
inline constexpr std::string_view kSpfDefer = "451 4.7.24 SPF check failed: {reason} ({ref})";
inline constexpr std::string_view kSpfReject = "550 5.7.23 SPF check failed: {reason} {explanation} ({ref})";
inline constexpr std::string_view kSpfPlaceholders[] = {"reason", "explanation", "domain", "client"};
inline Action spf_action(std::string_view text) { return {text, kSpfDefer, kSpfReject, kSpfPlaceholders}; }

struct SpfSettings {
  SpfApply apply = SpfApply::All;
  Mode mode = Mode::Enforce;
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

struct IdentitySettings {
  // Not the sender: it is what the client says.
  std::vector<IdentitySource> from{IdentitySource::AuthAuthen, IdentitySource::CertSubject,
                                   IdentitySource::ClientAddress};
  std::string default_realm;
  bool require = false;
  ReplyTemplate message{
      "530 5.7.0 Authentication required ({ref})", ReplyTemplate::Class::Permanent, "530 5.7.0", {}};
};

struct SenderAuthSettings {
  SenderAuthApply apply = SenderAuthApply::Listed;
  Mode mode = Mode::Enforce;
  NullSender null_sender = NullSender::Allow;
  bool own_address = true;
  CheckFrom check_from = CheckFrom::No;
  ReplyTemplate message{"550 5.7.1 You may not send mail as {sender} ({ref})",
                        ReplyTemplate::Class::Permanent,
                        "550 5.7.1",
                        {"sender", "user"}};
  OnFailure on_failure = OnFailure::Accept;
};

// What quota.message may hold, and the codes that it may leave out.
inline constexpr std::string_view kQuotaPlaceholders[] = {"user",       "limit",  "used",
                                                          "recipients", "window", "release"};
inline constexpr std::string_view kQuotaDefer = "450 4.7.28";
inline constexpr std::string_view kQuotaReject = "550 5.7.28";

struct QuotaSettings {
  QuotaApply apply = QuotaApply::All;
  Mode mode = Mode::Enforce;
  std::string otherwise = "unlimited";  // quota.default: "refuse", "unlimited" or limits
  LimitDefaults::Counting counting = LimitDefaults::Counting::Recipients;
  Seconds window{24 * 3600};
  QuotaReset reset = QuotaReset::Sliding;
  Seconds reset_at{0};  // after midnight, local time
  Margin margin;
  Seconds min_interval{0};
  unsigned ipv6_prefix = 64;
  bool count_refused = false;
  OverQuota over = OverQuota::Defer;
  std::string message = "You have sent {used} of {limit} in {window} ({ref})";
  StoreFailure on_failure = StoreFailure::Accept;

  LimitDefaults defaults() const {
    return {.counting = counting, .window = reset == QuotaReset::Daily ? kDaily : window};
  }
  // Nothing: who has no quota sends nothing; no limits: as much as they like. Throws
  // std::invalid_argument.
  std::optional<std::vector<Limit>> default_limits() const;
  // Throws std::invalid_argument.
  ReplyTemplate reply() const;
};

struct PolicyDbSettings {
  std::string url = "sqlite:" + state_directory() + "/policy.db";
  std::string password_file;
  std::string tls_ca_file;
  Seconds timeout{2};
  Seconds cache_ttl{60};
  Seconds stale_ttl{24 * 3600};
};

struct StateSettings {
  std::string url = "sqlite:" + state_directory() + "/state.db";
  std::string local = "sqlite:" + state_directory() + "/local.db";
  Milliseconds timeout{250};
  Milliseconds cache_ttl{5000};
  std::string tls_ca_file;
  RedisNames redis_names = RedisNames::Plain;
};

struct Settings {
  std::string socket = "unix:" + run_directory() + "/mailreeve.sock";
  unsigned socket_mode = 0660;
  std::string socket_group;
  std::string user = "mailreeve";
  std::string pid_file;
  std::string control_socket = run_directory() + "/control.sock";
  bool core_dumps = false;

  Mode mode = Mode::Enforce;
  Milliseconds deadline{8000};
  std::vector<Network> trusted_networks{*Network::parse("127.0.0.0/8"), *Network::parse("::1")};
  std::vector<Network> submission_networks;
  std::string authserv_id;

  std::string log_target;
  LogFormat log_format = LogFormat::Text;
  Severity log_level = Severity::Info;

  StateSettings state;

  PolicyDbSettings policy_db;

  struct {
    std::vector<std::string> servers;
    Milliseconds timeout{4000};
    std::string trust_anchor_file;
  } dns;

  GreylistSettings greylist;
  SpfSettings spf;
  IdentitySettings identity;
  SenderAuthSettings sender_auth;
  QuotaSettings quota;

  NotifySettings notify;

  struct {
    LogMessages log = LogMessages::Outbound;
    bool addresses = false;
    unsigned retention = 90;  // days; 0: for ever
  } messages;

  struct {
    AuthenticationResults authentication_results = AuthenticationResults::Inbound;
    bool received_spf = true;
    bool greylist = true;
  } headers;
};

}  // namespace mailreeve

#endif
