// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/cached_policy_db.h"

#include <algorithm>
#include <utility>

#include "store/policydb/policy_cache.h"

namespace mailreeve {

CachedPolicyDb::CachedPolicyDb(std::unique_ptr<PolicyDb> inner, const Settings& settings,
                               const std::string& name, Log& log)
    : inner_(std::move(inner)),
      settings_(settings),
      outage_(name, "", log),
      users_(std::make_unique<PolicyCache<UserPolicy>>(std::max<std::size_t>(settings.max_entries, 1))),
      domains_(std::make_unique<PolicyCache<DomainPolicy>>(std::max<std::size_t>(settings.max_entries, 1))) {}

CachedPolicyDb::~CachedPolicyDb() = default;

UserPolicy CachedPolicyDb::user(const std::string& name, Deadline deadline) {
  return cached(*users_, Outage::Part::First, name, deadline,
                [&](Deadline until) { return inner_->user(name, until); });
}

DomainPolicy CachedPolicyDb::domain(const std::string& name, Deadline deadline) {
  return cached(*domains_, Outage::Part::Second, name, deadline,
                [&](Deadline until) { return inner_->domain(name, until); });
}

void CachedPolicyDb::expire() {
  users_->expire();
  domains_->expire();
}

std::size_t CachedPolicyDb::entries() const { return users_->size() + domains_->size(); }

template <class Policy, class Load>
Policy CachedPolicyDb::cached(PolicyCache<Policy>& cache, Outage::Part part, const std::string& name,
                              Deadline deadline, Load load) {
  const auto younger_than = [](Milliseconds span) {
    return [span](const auto& answer) { return SteadyClock::now() - answer.loaded < span; };
  };
  auto found = cache.find(name, deadline, younger_than(settings_.ttl), younger_than(settings_.stale_ttl));
  if (found.to_load == 0) return std::move(found.answer->policy);
  try {
    // Before it is asked: what changes meanwhile may not be in the answer.
    const SteadyTime begun = SteadyClock::now();
    const Deadline until = deadline.within(settings_.timeout);
    Policy policy = outage_.watch(
        part, until, [&] { return load(until); }, [](const Policy&) { return true; });
    cache.finish(name, found.to_load, {{.policy = policy, .loaded = begun}});
    return policy;
  } catch (const BackendError&) {
    cache.finish(name, found.to_load, {});
    if (!found.answer) throw;
    return std::move(found.answer->policy);
  } catch (...) {
    cache.finish(name, found.to_load, {});
    throw;
  }
}

}  // namespace mailreeve
