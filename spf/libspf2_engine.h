// SPDX-License-Identifier: BSD-2-Clause
// The optional engine based on libspf2, for comparing results. It is not the
// default because it fails many of the RFC 7208 tests. Its DNS queries go through
// our Resolver, under our limits, and through a guard against records known to
// break libspf2. Safe to call from any thread.
#ifndef MAILREEVE_SPF_LIBSPF2_ENGINE_H
#define MAILREEVE_SPF_LIBSPF2_ENGINE_H

#include <utility>

#include "core/resolver.h"
#include "spf/check_host.h"
#include "spf/engine.h"

namespace mailreeve {

// Sets `mechanism` in an outcome only if no other mechanism can have matched.
// The trace lists DNS lookups.
class Libspf2Engine final : public SpfEngine {
 public:
  Libspf2Engine(Resolver& resolver, SpfRules rules) : resolver_(resolver), rules_(std::move(rules)) {}

  SpfOutcome check(const SpfQuery& query, TimePoint now, Deadline deadline) const override;
  void expect(const SpfQuery& query) const override { expect_record(query, resolver_); }

 private:
  Resolver& resolver_;
  SpfRules rules_;
};

}  // namespace mailreeve

#endif
