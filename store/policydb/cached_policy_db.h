// SPDX-License-Identifier: BSD-2-Clause
// A PolicyDb that remembers answers, also that there is none. Safe to call from
// any thread.
//
// An answer is used for `ttl`, so no change stays unseen for longer. While the
// database fails, what was known is used until `stale_ttl` after it was loaded.
// One caller at a time loads a name. The others that want it take the old answer
// if there is one, or wait. Callers are kept from a database that is away by the
// database itself (SqlDatabase); here failures are counted and logged.
#ifndef MAILREEVE_STORE_POLICYDB_CACHED_POLICY_DB_H
#define MAILREEVE_STORE_POLICYDB_CACHED_POLICY_DB_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "core/log.h"
#include "core/policy_db.h"
#include "store/outage.h"

namespace mailreeve {

template <class Policy>
class PolicyCache;

class CachedPolicyDb final : public PolicyDb {
 public:
  struct Settings {
    Milliseconds ttl{60'000};
    Milliseconds stale_ttl{24 * 3'600'000};  // not less than ttl
    Milliseconds timeout{5000};              // bounds each load, beside the caller's deadline
    std::size_t max_entries = 100'000;       // of users, and of domains
  };
  using SteadyTime = std::chrono::steady_clock::time_point;
  using SteadyClock = std::function<SteadyTime()>;

  // `name` is how the log calls the database. It is told once when that goes and once when it
  // is back, for users and domains alike.
  CachedPolicyDb(std::unique_ptr<PolicyDb> inner, const Settings& settings, const std::string& name, Log& log,
                 SteadyClock clock = std::chrono::steady_clock::now);
  ~CachedPolicyDb() override;

  UserPolicy user(const std::string& name, Deadline deadline) override;
  DomainPolicy domain(const std::string& name, Deadline deadline) override;

  // Whatever was asked before is asked again. While the database is away, it is
  // used until it is stale, as ever.
  void expire();
  std::size_t entries() const;
  // Calls of the database that failed since the last good one.
  std::int64_t failures() const { return outage_.failures(); }

 private:
  template <class Policy, class Load>
  Policy cached(PolicyCache<Policy>& cache, Outage::Part part, const std::string& name, Deadline deadline,
                Load load);

  const std::unique_ptr<PolicyDb> inner_;
  const Settings settings_;
  const SteadyClock clock_;
  Outage outage_;
  std::unique_ptr<PolicyCache<UserPolicy>> users_;
  std::unique_ptr<PolicyCache<DomainPolicy>> domains_;
};

}  // namespace mailreeve

#endif
