// SPDX-License-Identifier: BSD-2-Clause
#include "milter/runtime.h"

#include <config.h>

#include "policies/greylist.h"
#include "policies/spf_policy.h"
#include "spf/check_host.h"
#ifdef HAVE_LIBSPF2
#include "spf/libspf2_engine.h"
#endif

namespace mailreeve {

namespace {

FailurePolicy failure_policy(OnFailure on_failure) {
  return on_failure == OnFailure::Defer ? FailurePolicy::Defer : FailurePolicy::Accept;
}

Greylist::Rules greylist_rules(const GreylistSettings& settings) {
  return {.apply = settings.apply == GreylistApply::All,
          .timing = settings.rules,
          .ipv4_prefix = settings.ipv4_prefix,
          .ipv6_prefix = settings.ipv6_prefix,
          .spf_domain = settings.spf_domain,
          .message = settings.message};
}

SpfPolicy::Rules spf_rules(const Settings& settings) {
  const SpfSettings& spf = settings.spf;
  return {.apply = spf.apply == SpfApply::All,
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
  // Failures of DNS are results of SPF, with actions of their own.
  pipeline.add(
      std::make_unique<SpfPolicy>(spf_rules(settings), make_spf_engine(settings.spf, *services.resolver)),
      FailurePolicy::Accept);
  pipeline.add(std::make_unique<Greylist>(greylist_rules(settings.greylist), services.store),
               failure_policy(settings.greylist.on_failure));
  return std::make_shared<const Runtime>(
      Runtime{std::move(settings), services.clock, services.log, services.resolver, std::move(pipeline)});
}

}  // namespace mailreeve
