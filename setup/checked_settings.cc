// SPDX-License-Identifier: BSD-2-Clause
#include "setup/checked_settings.h"

#include <config.h>

#include <stdexcept>
#include <utility>

#include "access/regexps.h"
#include "setup/system_check.h"
#include "spf/record.h"
#include "store/policydb/open_policy_db.h"
#include "store/state/open_state_store.h"

namespace mailreeve {

namespace {

#ifdef HAVE_LIBSPF2
constexpr bool kHasLibspf2 = true;
#else
constexpr bool kHasLibspf2 = false;
#endif

std::string state_url_error(const std::string& url) {
  try {
    check_state_url(url);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

std::string local_error(StoreFailure on_failure, const StateSettings& state) {
  if (on_failure != StoreFailure::Local) return "";
  if (!is_remote_state_url(state.url))
    return "needs a state.url on a network, which the local store stands in for";
  if (is_remote_state_url(state.local)) return "state.local must be sqlite:/path or memory:";
  const std::string error = state_url_error(state.local);
  return error.empty() ? "" : "state.local: " + error;
}

std::string servers_error(const std::vector<std::string>& servers) {
  for (const auto& server : servers)
    if (std::string error = UnboundResolver::check_server(server); !error.empty()) return error;
  return "";
}

std::string best_guess_error(const std::string& record) {
  if (record.empty()) return "";
  return parse_record(record).problem;
}

std::string policy_url_error(const std::string& url) {
  try {
    check_policy_db_url(url);
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

std::string quota_error(const QuotaSettings& settings) {
  try {
    settings.default_limits();
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

std::string quota_message_error(const QuotaSettings& settings) {
  try {
    settings.reply();
    return "";
  } catch (const std::invalid_argument& error) {
    return error.what();
  }
}

std::string socket_error(const Settings& settings) {
  if (settings.engine == Engine::Native || settings.sockets.size() == 1) return "";
  return "several sockets need engine = native";
}

std::string spf_engine_error(SpfEngineChoice engine) {
  if (engine == SpfEngineChoice::Native || kHasLibspf2) return "";
  return "this mailreeve was built without libspf2";
}

std::string apply_error(const Settings& settings) {
  const bool judged = settings.reputation.apply != ReputationApply::Never;
  if (settings.greylist.apply != GreylistApply::Suspicious || judged) return "";
  return "suspicious needs reputation.apply = all, which says what is";
}

std::vector<Objection> review(const Settings& settings) {
  std::vector<Objection> out;
  const auto check = [&](std::string option, std::string error) {
    if (!error.empty()) out.push_back({.option = std::move(option), .why = std::move(error)});
  };
  check("socket", socket_error(settings));
  check("state.url", state_url_error(settings.state.url));
  check("reputation.dynamic-names", regexp_error(settings.reputation.dynamic_names));
  check("reputation.static-names", regexp_error(settings.reputation.static_names));
  check("greylist.apply", apply_error(settings));
  check("greylist.on-failure", local_error(settings.greylist.on_failure, settings.state));
  check("quota.on-failure", local_error(settings.quota.on_failure, settings.state));
  check("dns.servers", servers_error(settings.dns.servers));
  check("spf.best-guess", best_guess_error(settings.spf.best_guess));
  check("quota.default", quota_error(settings.quota));
  check("quota.message", quota_message_error(settings.quota));
  check("policy-db.url", policy_url_error(settings.policy_db.url));
  if (const auto wrong = wrong_with(settings.notify))
    check("notify." + std::string(wrong->option), wrong->why);
  check("spf.engine", spf_engine_error(settings.spf.engine));
  return out;
}

}  // namespace

Settings load_checked_settings(const std::string& file, const Overrides& overrides) {
  return load_settings(file, overrides, review);
}

std::string check_settings_and_system(const std::string& file, const Overrides& overrides) {
  std::string warnings;
  const auto review_all = [&file](const Settings& settings) {
    auto out = review(settings);
    for (auto& objection : review_system(settings, file)) out.push_back(std::move(objection));
    return out;
  };
  load_settings(file, overrides, review_all, &warnings);
  return warnings;
}

DnsSettings dns_settings(const Settings& settings) {
  return {.servers = settings.dns.servers,
          .timeout = settings.dns.timeout,
          .trust_anchor_file = settings.dns.trust_anchor_file};
}

}  // namespace mailreeve
