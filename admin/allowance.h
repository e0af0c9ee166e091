// SPDX-License-Identifier: BSD-2-Clause
// A user's limits and their current usage, as the daemon would determine them now.
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
  bool unlimited = false;  // if there are no limits; else nothing may be sent
};

// From the policy database. `user` must be folded. Throws BackendError.
Standing standing_of(Site& site, const std::string& user, std::vector<std::string>& warnings);
JsonValue json_of(const Standing& standing);

// The amounts that count at `now`, by window.
std::map<Seconds, QuotaPart> sums_of(const QuotaState& state, TimePoint now);

// From the state store. Throws BackendError.
JsonValue usage_of(Site& site, const std::string& user, const Standing& standing);

}  // namespace mailreeve

#endif
