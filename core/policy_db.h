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

// Limits that hold for users who have none nearer.
struct SharedLimits {
  std::string to;      // "example.com", ".example.com" (users of all domains below it) or "*"
  std::string quota;   // its name
  std::string limits;  // as in core/limits.h
  bool raise = false;  // for a while, up to `until` (none: until they are taken back)
  std::optional<TimePoint> until{};
};

// What the operator configured for one user.
struct UserPolicy {
  bool known = false;
  // What it may send as: "example.com", ".example.com" (all that is below it),
  // "a@example.com" or "*". Folded: ASCII lower case, domains in A-labels.
  std::vector<std::string> senders;
  bool unreadable = false;  // it has more to send as, which is no such name
  std::string quota;        // the name of its quota; empty: none
  std::string limits;       // that quota's, as in core/limits.h
  // Limits that hold instead, up to `raised_until` (none: until they are taken back).
  std::string raised;
  std::optional<TimePoint> raised_until;
  // Those of its domain, of the domains above, of "*": the nearest first.
  std::vector<SharedLimits> shared;

  // It is restricted to what it may send as.
  bool listed() const { return !senders.empty() || unreadable; }
};

// Of mail to a domain: what is configured for it, or for the nearest domain above it
// (".example.com"), or for "*".
struct DomainPolicy {
  bool known = false;
  std::string of;          // which of them it is
  bool greylist = false;   // greylist.apply = opt-in
  bool check_spf = false;  // spf.apply = opt-in
};

// Names come folded, as UserPolicy::senders are. What is not there is a policy
// that is not known, not a failure. All throw BackendError.
class PolicyDb {
 public:
  virtual ~PolicyDb() = default;

  virtual UserPolicy user(const std::string& name, Deadline deadline) = 0;
  virtual DomainPolicy domain(const std::string& name, Deadline deadline) = 0;
};

}  // namespace mailreeve

#endif
