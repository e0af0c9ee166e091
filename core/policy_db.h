// SPDX-License-Identifier: BSD-2-Clause
// What the operator configured for users and domains, in a database. Every implementation may be
// called from any thread.
#ifndef MAILREEVE_CORE_POLICY_DB_H
#define MAILREEVE_CORE_POLICY_DB_H

#include <optional>
#include <string>
#include <vector>

#include "util/backend_error.h"
#include "util/time.h"

namespace mailreeve {

// Limits that apply to users who have no closer ones.
struct SharedLimits {
  std::string to;      // "example.com", ".example.com" (users of all domains below it) or "*"
  std::string quota;   // its name
  std::string limits;  // as in core/limits.h
  bool raise = false;  // temporary, up to `until` (none: until revoked)
  std::optional<TimePoint> until{};
};

// What the operator configured for one user.
struct UserPolicy {
  bool known = false;
  // What it may send as: "example.com", ".example.com" (all domains below it),
  // "a@example.com" or "*". Folded: ASCII lower case, domains in A-labels.
  std::vector<std::string> senders;
  bool unreadable = false;  // it also has grants that are not such names
  std::string quota;        // the name of its quota; empty: none
  std::string limits;       // that quota's, as in core/limits.h
  // Limits that apply instead, up to `raised_until` (none: until revoked).
  std::string raised;
  std::optional<TimePoint> raised_until;
  // Those of its domain, of the domains above, of "*": the closest first.
  std::vector<SharedLimits> shared;

  // It may only send as what is granted.
  bool listed() const { return !senders.empty() || unreadable; }
};

// The switches for mail to a domain: its own, or those of the closest domain above it
// (".example.com"), or those of "*".
struct DomainPolicy {
  bool known = false;
  std::string of;          // the one that applies
  bool greylist = false;   // greylist.apply = opt-in
  bool check_spf = false;  // spf.apply = opt-in
};

// Names must be folded, as UserPolicy::senders are. A missing entry yields a policy
// that is not known, not a failure. All throw BackendError.
class PolicyDb {
 public:
  virtual ~PolicyDb() = default;

  virtual UserPolicy user(const std::string& name, Deadline deadline) = 0;
  virtual DomainPolicy domain(const std::string& name, Deadline deadline) = 0;
};

}  // namespace mailreeve

#endif
