// SPDX-License-Identifier: BSD-2-Clause
#include "setup/runtime.h"

#include <config.h>

#include "policies/access.h"
#include "policies/correspondents.h"
#include "policies/envelope_syntax.h"
#include "policies/greylist.h"
#include "policies/identity.h"
#include "policies/quota.h"
#include "policies/reputation.h"
#include "policies/sender_auth.h"
#include "policies/spf_check.h"
#include "policies/spf_policy.h"
#include "spf/check_host.h"
#ifdef HAVE_LIBSPF2
#include "spf/libspf2_engine.h"
#endif

namespace mailreeve {

namespace {

// The store itself knows what is to be done locally.
OnFailure without_local(StoreFailure on_failure) {
  return on_failure == StoreFailure::Defer ? OnFailure::Defer : OnFailure::Accept;
}

void add_access(Pipeline& pipeline, Stage stage, Direction direction, const Settings& settings,
                Access::Sources sources) {
  const Mode mode = settings.access.mode;
  pipeline.add(std::make_unique<Access>(stage, direction, mode, std::move(sources)), {.mode = mode});
}

// In the order in which they are asked. A policy that is never asked at a stage is not
// there: the MTA then need not wait for an answer.
void add_inbound(Pipeline& pipeline, const Settings& settings, const Services& services) {
  // Failures of DNS are results of SPF, with actions of their own.
  const auto spf_check = std::make_shared<const SpfCheck>(settings.spf, settings.authserv_id,
                                                          make_spf_engine(settings.spf, *services.resolver));
  add_access(pipeline, Stage::Rcpt, Direction::Inbound, settings,
             {services.access, spf_check, services.dns_lists});
  if (settings.reputation.apply != ReputationApply::Never)
    pipeline.add(
        std::make_unique<Reputation>(settings.reputation, settings.authserv_id, spf_check,
                                     ClientListings(settings.reputation, services.dns_lists, services.store)),
        {.mode = settings.reputation.mode});
  pipeline.add(std::make_unique<SpfPolicy>(settings.spf, spf_check, services.policy_db),
               {.mode = settings.spf.mode});
  const GreylistSettings& greylist = settings.greylist;
  std::vector stages{Stage::Rcpt};
  if (greylist.null_sender == NullSenderWaits::End) stages.push_back(Stage::Data);
  for (const Stage stage : stages)
    pipeline.add(std::make_unique<Greylist>(greylist, stage, services.store, services.policy_db),
                 {.on_failure = without_local(greylist.on_failure), .mode = greylist.mode});
}

void add_outbound(Pipeline& pipeline, const Settings& settings, const Services& services) {
  // SPF is about strangers.
  const Access::Sources sources{services.access, nullptr, services.dns_lists};
  if (settings.identity.require || settings.sender_auth.apply != SenderAuthApply::Never ||
      settings.quota.apply != QuotaApply::Never)
    add_access(pipeline, Stage::Mail, Direction::Outbound, settings, sources);
  add_access(pipeline, Stage::Rcpt, Direction::Outbound, settings, sources);
  const auto notices = std::make_shared<Notices>(services.store);
  const GreylistSettings& greylist = settings.greylist;
  if (greylist.apply != GreylistApply::Never && greylist.correspondents > Seconds(0))
    pipeline.add(std::make_unique<Correspondents>(greylist.correspondents, services.store));
  if (settings.identity.require) pipeline.add(std::make_unique<RequireIdentity>(settings.identity.message));

  const SenderAuthSettings& auth = settings.sender_auth;
  const auto add_sender_auth = [&](Stage stage) {
    pipeline.add(std::make_unique<SenderAuth>(auth, stage, services.policy_db, notices),
                 {.on_failure = auth.on_failure, .mode = auth.mode});
  };
  if (auth.apply != SenderAuthApply::Never) {
    add_sender_auth(Stage::Mail);
    if (auth.check_from != CheckFrom::No) add_sender_auth(Stage::End);
  }
  if (settings.quota.apply == QuotaApply::Never) return;
  for (const Stage stage : {Stage::Mail, Stage::Data})
    pipeline.add(std::make_unique<Quota>(settings.quota, stage, services.policy_db, services.store, notices),
                 {.on_failure = without_local(settings.quota.on_failure), .mode = settings.quota.mode});
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

DnsListsSettings dns_lists_settings(const ReputationSettings& settings) {
  return {.dnsbl = settings.dnsbl, .dnswl = settings.dnswl, .rhsbl = settings.rhsbl};
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
