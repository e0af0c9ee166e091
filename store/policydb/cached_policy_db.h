// SPDX-License-Identifier: BSD-2-Clause
// A PolicyDb that caches answers, including negative ones. Safe to call from any
// thread.
//
// An answer is used for `ttl`, so no change stays unseen for longer. While the
// database fails, an answer is used until `stale_ttl` after it was loaded. One caller
// at a time loads a name; others take the old answer if there is one, or wait. The
// database itself (SqlDatabase) keeps callers away while it does not answer; this
// class counts and logs failures.
#ifndef MAILREEVE_STORE_POLICYDB_CACHED_POLICY_DB_H
#define MAILREEVE_STORE_POLICYDB_CACHED_POLICY_DB_H

#include <chrono>
#include <cstddef>
#include <cstdint>
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

  // `name` is the name of the database in the log, which gets one line when that fails and one
  // when it has recovered, for users and domains together.
  CachedPolicyDb(std::unique_ptr<PolicyDb> inner, const Settings& settings, const std::string& name,
                 Log& log);
  ~CachedPolicyDb() override;

  UserPolicy user(const std::string& name, Deadline deadline) override;
  DomainPolicy domain(const std::string& name, Deadline deadline) override;

  // Makes all cached answers be loaded again. While the database does not answer, they
  // are used until stale, as usual.
  void expire();
  std::size_t entries() const;
  // Calls to the database that failed since the last success.
  std::int64_t failures() const { return outage_.failures(); }

 private:
  template <class Policy, class Load>
  Policy cached(PolicyCache<Policy>& cache, Outage::Part part, const std::string& name, Deadline deadline,
                Load load);

  const std::unique_ptr<PolicyDb> inner_;
  const Settings settings_;
  Outage outage_;
  std::unique_ptr<PolicyCache<UserPolicy>> users_;
  std::unique_ptr<PolicyCache<DomainPolicy>> domains_;
};

}  // namespace mailreeve

#endif
