// SPDX-License-Identifier: BSD-2-Clause
// The operator's configuration of users and domains, in a database. Implementations are
// safe to call from any thread.
#ifndef MAILREEVE_CORE_POLICY_DB_H
#define MAILREEVE_CORE_POLICY_DB_H

#include <optional>
#include <string>
#include <vector>

#include "util/backend_error.h"
#include "util/time.h"

namespace mailreeve {

// Limits for users who have no closer ones.
struct SharedLimits {
  std::string to;      // "example.com", ".example.com" (users of all domains below it) or "*"
  std::string quota;   // the quota's name
  std::string limits;  // as in core/limits.h
  bool raise = false;  // temporary, up to `until` (if empty: until revoked)
  std::optional<TimePoint> until{};
};

// The operator's configuration of one user.
struct UserPolicy {
  bool known = false;
  // What the user may send as: "example.com", ".example.com" (all domains below
  // it), "a@example.com" or "*". Folded: ASCII lower case, domains in A-labels.
  std::vector<std::string> senders;
  bool unreadable = false;  // the user also has grants that are not such names
  std::string quota;        // the name of the user's quota; empty if none
  std::string limits;       // the limits of that quota, as in core/limits.h
  // Limits that apply instead, up to `raised_until` (if empty: until revoked).
  std::string raised;
  std::optional<TimePoint> raised_until;
  // Limits of the user's domain, of its parent domains, and of "*": the closest first.
  std::vector<SharedLimits> shared;

  // The user may send only as granted.
  bool listed() const { return !senders.empty() || unreadable; }
};

// The switches for mail to a domain: its own, those of its closest parent domain
// (".example.com"), or those of "*".
struct DomainPolicy {
  bool known = false;
  std::string of;          // the entry that applies
  bool greylist = false;   // greylist.apply = opt-in
  bool check_spf = false;  // spf.apply = opt-in
};

// Names must be folded, like UserPolicy::senders. A missing entry is not a failure:
// the returned policy is not `known`. All members throw BackendError.
class PolicyDb {
 public:
  virtual ~PolicyDb() = default;

  virtual UserPolicy user(const std::string& name, Deadline deadline) = 0;
  virtual DomainPolicy domain(const std::string& name, Deadline deadline) = 0;
};

}  // namespace mailreeve

#endif
