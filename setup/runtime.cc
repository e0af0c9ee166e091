// SPDX-License-Identifier: BSD-2-Clause
#include "setup/runtime.h"

#include <config.h>

#include "policies/envelope_syntax.h"
#include "policies/greylist.h"
#include "policies/identity.h"
#include "policies/quota.h"
#include "policies/sender_auth.h"
#include "policies/spf_policy.h"
#include "spf/check_host.h"
#ifdef HAVE_LIBSPF2
#include "spf/libspf2_engine.h"
#endif

namespace mailreeve {

namespace {

Handling handling(OnFailure on_failure, Mode mode) {
  return {.on_failure = on_failure == OnFailure::Defer ? FailurePolicy::Defer : FailurePolicy::Accept,
          .monitor = mode == Mode::Monitor};
}

// The store itself knows what is to be done locally.
Handling handling(StoreFailure on_failure, Mode mode) {
  return handling(on_failure == StoreFailure::Defer ? OnFailure::Defer : OnFailure::Accept, mode);
}

Greylist::Rules greylist_rules(const GreylistSettings& settings) {
  using Apply = Greylist::Rules::Apply;
  return {.apply = settings.apply == GreylistApply::All     ? Apply::All
                   : settings.apply == GreylistApply::OptIn ? Apply::OptIn
                                                            : Apply::Never,
          .timing = settings.rules,
          .ipv4_prefix = settings.ipv4_prefix,
          .ipv6_prefix = settings.ipv6_prefix,
          .spf_domain = settings.spf_domain,
          .host_domain = settings.host_domain,
          .message = settings.message};
}

SpfPolicy::Rules spf_rules(const Settings& settings) {
  using Apply = SpfPolicy::Rules::Apply;
  const SpfSettings& spf = settings.spf;
  return {.apply = spf.apply == SpfApply::All     ? Apply::All
                   : spf.apply == SpfApply::OptIn ? Apply::OptIn
                                                  : Apply::Never,
          .check_helo = spf.check_helo,
          .on_pass = spf.on_pass,
          .on_fail = spf.on_fail,
          .on_softfail = spf.on_softfail,
          .on_neutral = spf.on_neutral,
          .on_none = spf.on_none,
          .on_temperror = spf.on_temperror,
          .on_permerror = spf.on_permerror,
          .timeout = spf.timeout,
          .trusted_relays = spf.trusted_relays,
          .receiver = settings.authserv_id};
}

SenderAuth::Rules sender_auth_rules(const SenderAuthSettings& settings) {
  using Apply = SenderAuth::Apply;
  return {.apply = settings.apply == SenderAuthApply::All ? Apply::All : Apply::Listed,
          .null_sender = settings.null_sender == NullSender::Allow,
          .own_address = settings.own_address,
          .message = settings.message,
          .log_only = false};
}

Quota::Rules quota_rules(const QuotaSettings& settings) {
  return {.allowance = {.otherwise = settings.default_limits(), .defaults = settings.defaults()},
          .margin = settings.margin,
          .min_interval = settings.min_interval,
          .count_refused = settings.count_refused,
          .day_begins = settings.reset_at,
          .message = settings.reply()};
}

// In the order in which they are asked. A policy that is never asked at a stage is not
// there: the MTA then need not wait for an answer.
void add_inbound(Pipeline& pipeline, const Settings& settings, const Services& services) {
  // Failures of DNS are results of SPF, with actions of their own.
  pipeline.add(
      std::make_unique<SpfPolicy>(spf_rules(settings), make_spf_engine(settings.spf, *services.resolver),
                                  services.policy_db),
      handling(OnFailure::Accept, settings.spf.mode));
  pipeline.add(
      std::make_unique<Greylist>(greylist_rules(settings.greylist), services.store, services.policy_db),
      handling(settings.greylist.on_failure, settings.greylist.mode));
}

void add_outbound(Pipeline& pipeline, const Settings& settings, const Services& services) {
  const auto notices = std::make_shared<Notices>(services.store);
  if (settings.identity.require) pipeline.add(std::make_unique<RequireIdentity>(settings.identity.message));

  const SenderAuthSettings& auth = settings.sender_auth;
  if (auth.apply != SenderAuthApply::Never) {
    SenderAuth::Rules rules = sender_auth_rules(auth);
    const Handling how = handling(auth.on_failure, auth.mode);
    pipeline.add(std::make_unique<SenderAuth>(rules, Stage::Mail, services.policy_db, notices), how);
    rules.log_only = auth.check_from == CheckFrom::Log;
    if (auth.check_from != CheckFrom::No)
      pipeline.add(std::make_unique<SenderAuth>(rules, Stage::End, services.policy_db, notices), how);
  }
  if (settings.quota.apply == QuotaApply::Never) return;
  for (const Stage stage : {Stage::Mail, Stage::Data})
    pipeline.add(std::make_unique<Quota>(quota_rules(settings.quota), stage, services.policy_db,
                                         services.store, notices),
                 handling(settings.quota.on_failure, settings.quota.mode));
}

}  // namespace

std::shared_ptr<const SpfEngine> make_spf_engine(const SpfSettings& settings, Resolver& resolver) {
  SpfRules rules{.limits = {.void_lookups = settings.void_lookups}, .best_guess = settings.best_guess};
#ifdef HAVE_LIBSPF2
  if (settings.engine == SpfEngineChoice::Libspf2)
    return std::make_shared<Libspf2Engine>(resolver, std::move(rules));
#endif
  return std::make_shared<NativeSpfEngine>(resolver, std::move(rules));
}

std::shared_ptr<const Runtime> make_runtime(Settings settings, const Services& services) {
  Pipeline pipeline;
  for (const Direction direction : {Direction::Inbound, Direction::Outbound})
    pipeline.add(std::make_unique<EnvelopeSyntax>(direction));
  add_inbound(pipeline, settings, services);
  add_outbound(pipeline, settings, services);
  return std::make_shared<const Runtime>(Runtime{std::move(settings), services.clock, services.log,
                                                 services.messages, services.notifications, services.resolver,
                                                 std::move(pipeline)});
}

}  // namespace mailreeve
