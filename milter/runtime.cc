// SPDX-License-Identifier: BSD-2-Clause
#include "milter/runtime.h"

#include "policies/greylist.h"

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
          .message = settings.message};
}

}  // namespace

std::shared_ptr<const Runtime> make_runtime(Settings settings, const Services& services) {
  Pipeline pipeline;
  pipeline.add(std::make_unique<Greylist>(greylist_rules(settings.greylist), services.store),
               failure_policy(settings.greylist.on_failure));
  return std::make_shared<const Runtime>(
      Runtime{std::move(settings), services.clock, services.log, std::move(pipeline)});
}

}  // namespace mailreeve
