// SPDX-License-Identifier: BSD-2-Clause
// The combined effect of the options and the policy database, in sentences.
#ifndef MAILREEVE_ADMIN_IN_FORCE_H
#define MAILREEVE_ADMIN_IN_FORCE_H

#include <string>

#include "admin/allowance.h"
#include "config/settings.h"
#include "core/policy_db.h"

namespace mailreeve {

struct InForce {
  bool applies = false;
  std::string sentence;  // "mail to example.org is greylisted: greylist.apply = all"
};

// For mail to this domain, to those below it (".example.org"), or to all domains without an entry
// ("*").
InForce greylisting_in_force(const Settings& settings, const DomainPolicy& policy, const std::string& domain);
InForce spf_in_force(const Settings& settings, const DomainPolicy& policy, const std::string& domain);

// "recipients:5/24h, the quota tiny of *", "no limit, by quota.default = unlimited"
std::string limits_text(const Standing& standing);
// Whether there is no limit.
bool is_unlimited(const Standing& standing);

}  // namespace mailreeve

#endif
