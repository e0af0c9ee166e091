// SPDX-License-Identifier: BSD-2-Clause
// What a user may send, and what is used of it, as the daemon would see it now.
#ifndef MAILREEVE_ADMIN_ALLOWANCE_H
#define MAILREEVE_ADMIN_ALLOWANCE_H

#include <map>
#include <string>
#include <vector>

#include "admin/json_values.h"
#include "admin/site.h"
#include "core/quota_state.h"
#include "policies/quota.h"

namespace mailreeve {

struct Standing {
  bool known = false;  // to the policy database
  Allowance allowance;
  QuotaRules rules;
  bool unlimited = false;  // where there are no limits; else nothing may be sent
};

// By the policy database. `user` is folded. Throws BackendError.
Standing standing_of(Site& site, const std::string& user, std::vector<std::string>& warnings);
JsonValue json_of(const Standing& standing);

// Per window, what counts at `now`.
std::map<Seconds, QuotaPart> sums_of(const QuotaState& state, TimePoint now);

// By the state store. Throws BackendError.
JsonValue usage_of(Site& site, const std::string& user, const Standing& standing);

}  // namespace mailreeve

#endif
