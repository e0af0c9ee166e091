// SPDX-License-Identifier: BSD-2-Clause
// Every setting and its default; those of a policy are next to it. Plain values; the option table
// (config/*_rows.cc) explains them.
#ifndef MAILREEVE_CONFIG_SETTINGS_H
#define MAILREEVE_CONFIG_SETTINGS_H

#include <string>
#include <vector>

#include "core/default_paths.h"
#include "core/handling.h"
#include "core/ip_address.h"
#include "core/log.h"
#include "notify/settings.h"
#include "policies/access_settings.h"
#include "policies/greylist_settings.h"
#include "policies/identity_settings.h"
#include "policies/quota_settings.h"
#include "policies/reputation_settings.h"
#include "policies/sender_auth_settings.h"
#include "policies/spf_settings.h"
#include "util/time.h"

namespace mailreeve {

enum class Engine { Libmilter, Native };
enum class LogFormat { Text, Json };
enum class RedisNames { Plain, Hashed };
enum class LogMessages { No, Outbound, All };
enum class AuthenticationResults { No, Inbound, All };

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
  std::vector<std::string> sockets = {"unix:" + run_directory() + "/mailreeve.sock"};
  Engine engine = Engine::Libmilter;
  unsigned threads_max = 500;
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

  AccessSettings access;
  ReputationSettings reputation;
  GreylistSettings greylist;
  SpfSettings spf;
  IdentitySettings identity;
  SenderAuthSettings sender_auth;
  QuotaSettings quota;

  NotifySettings notify;

  struct {
    LogMessages log = LogMessages::Outbound;
    bool addresses = false;
    unsigned retention = 90;  // days; 0: forever
  } messages;

  struct {
    AuthenticationResults authentication_results = AuthenticationResults::Inbound;
    bool received_spf = true;
    bool greylist = true;
  } headers;
};

}  // namespace mailreeve

#endif
