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
  // If null, the MAIL FROM identity is postmaster@HELO (section 2.4).
  Address sender;
  SpfIdentity identity = SpfIdentity::Mailfrom;
  std::string receiver;  // our host's name, for %{r}
  bool trace = false;
};

// Section 4.6.4. Each limit applies to the whole evaluation, over all includes
// and redirects, except mx_hosts and ptr_names, which apply to each term.
struct SpfLimits {
  unsigned terms = 10;  // terms that query DNS
  // Terms whose lookups found nothing. A term counts once, and mx and ptr do not
  // count if one of their hosts exists: RFC 7208 limits "terms", and an mx whose
  // hosts have no AAAA must not use up the limit.
  unsigned void_lookups = 2;
  unsigned mx_hosts = 10;   // more cause permerror
  unsigned ptr_names = 10;  // more are ignored
};

struct SpfRules {
  SpfLimits limits;
  // The record for a domain without one, for example "v=spf1 a/24 mx/24 ptr"; empty
  // for none. The guess counts only if one of its mechanisms matches. Code that
  // reads the configuration must check it with parse_record().
  std::string best_guess;
};

class SpfEngine {
 public:
  virtual ~SpfEngine() = default;
  // Reports failures of DNS and errors in records as results, never as
  // exceptions. Never waits beyond `deadline`. Safe to call from any thread.
  virtual SpfOutcome check(const SpfQuery& query, TimePoint now, Deadline deadline) const = 0;
  // Starts the first lookup of check() for this query. Does not wait.
  virtual void expect(const SpfQuery& /*query*/) const {}
};

}  // namespace mailreeve

#endif
