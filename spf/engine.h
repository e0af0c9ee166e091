// SPDX-License-Identifier: BSD-2-Clause
// What an SPF check (RFC 7208) is asked, and who answers it. Policies hold the
// interface and do not know which engine is behind it.
#ifndef MAILREEVE_SPF_ENGINE_H
#define MAILREEVE_SPF_ENGINE_H

#include <string>

#include "core/address.h"
#include "core/ip_address.h"
#include "core/spf_outcome.h"
#include "util/time.h"

namespace mailreeve {

struct SpfQuery {
  IpAddress client;
  std::string helo;
  // Null: the MAIL FROM identity is postmaster@HELO (section 2.4).
  Address sender;
  SpfIdentity identity = SpfIdentity::Mailfrom;
  std::string receiver;  // our host's name, for %{r}
  bool trace = false;
};

// Section 4.6.4. Each is a limit per evaluation, over all includes and
// redirects, but mx_hosts and ptr_names, which are limits per term.
struct SpfLimits {
  unsigned terms = 10;  // that look into DNS
  // Terms whose lookups found nothing. A term counts once, and mx and ptr not at
  // all if one of the hosts that they lead to exists: RFC 7208 limits "terms", and
  // an mx whose hosts have no AAAA must not use up the limit.
  unsigned void_lookups = 2;
  unsigned mx_hosts = 10;   // more: permerror
  unsigned ptr_names = 10;  // the rest is ignored
};

struct SpfRules {
  SpfLimits limits;
  // A record to try where the domain has none, "v=spf1 a/24 mx/24 ptr" for
  // example; empty: none. It counts only if one of its mechanisms matches.
  // Whoever reads the configuration checks it with parse_record().
  std::string best_guess;
};

class SpfEngine {
 public:
  virtual ~SpfEngine() = default;
  // What DNS or a record does is a result, never an exception; nothing waits
  // longer than until `deadline`. Safe to call from any thread.
  virtual SpfOutcome check(const SpfQuery& query, TimePoint now, Deadline deadline) const = 0;
};

}  // namespace mailreeve

#endif
