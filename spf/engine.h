// SPDX-License-Identifier: BSD-2-Clause
// The query of an SPF check (RFC 7208), and the interface of engines. Policies do
// not know which engine they use.
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
  unsigned terms = 10;  // that query DNS
  // Terms whose lookups found nothing. A term counts once, and mx and ptr do not
  // count if one of their hosts exists: RFC 7208 limits "terms", and an mx whose
  // hosts have no AAAA must not use up the limit.
  unsigned void_lookups = 2;
  unsigned mx_hosts = 10;   // more: permerror
  unsigned ptr_names = 10;  // the rest is ignored
};

struct SpfRules {
  SpfLimits limits;
  // A record to use for a domain without one, for example "v=spf1 a/24 mx/24 ptr";
  // empty: none. It counts only if one of its mechanisms matches. The reader of the
  // configuration must check it with parse_record().
  std::string best_guess;
};

class SpfEngine {
 public:
  virtual ~SpfEngine() = default;
  // Failures of DNS and of records are results, never exceptions; never waits
  // beyond `deadline`. Safe to call from any thread.
  virtual SpfOutcome check(const SpfQuery& query, TimePoint now, Deadline deadline) const = 0;
  // Begins the lookup that check() of this query begins with, and does not wait.
  virtual void expect(const SpfQuery& /*query*/) const {}
};

}  // namespace mailreeve

#endif
