// SPDX-License-Identifier: BSD-2-Clause
// check_host() of RFC 7208, with its errata and RFC 8616: mailreeve's own SPF
// engine. Memory-safe whatever DNS answers; safe to call from any thread.
#ifndef MAILREEVE_SPF_CHECK_HOST_H
#define MAILREEVE_SPF_CHECK_HOST_H

#include <utility>

#include "core/resolver.h"
#include "spf/engine.h"

namespace mailreeve {

// `now` is the value of %{t}. Returns temperror if `deadline` passes.
SpfOutcome check_host(const SpfQuery& query, Resolver& resolver, const SpfRules& rules, TimePoint now,
                      Deadline deadline);

// Starts the lookup of the record that check_host() reads first for this query. Does not wait.
void expect_record(const SpfQuery& query, Resolver& resolver);

class NativeSpfEngine final : public SpfEngine {
 public:
  NativeSpfEngine(Resolver& resolver, SpfRules rules) : resolver_(resolver), rules_(std::move(rules)) {}

  SpfOutcome check(const SpfQuery& query, TimePoint now, Deadline deadline) const override {
    return check_host(query, resolver_, rules_, now, deadline);
  }
  void expect(const SpfQuery& query) const override { expect_record(query, resolver_); }

 private:
  Resolver& resolver_;
  SpfRules rules_;
};

}  // namespace mailreeve

#endif
