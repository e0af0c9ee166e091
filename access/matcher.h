// SPDX-License-Identifier: BSD-2-Clause
// Access rules, compiled: finds the first rule that matches at a cost that does not grow with the
// number of rules about addresses, networks and names. Immutable, usable from any thread.
//
// Equal conditions of several rules are one set of patterns. A mail's client, names and addresses
// are looked up in hash tables, which yields the sets that they are in. A rule hangs on the rarest
// of the sets that it needs; those on the sets that were found are tried, in their order.
#ifndef MAILREEVE_ACCESS_MATCHER_H
#define MAILREEVE_ACCESS_MATCHER_H

#include <cstddef>
#include <memory>
#include <vector>

#include "access/rule.h"
#include "access/subject.h"

namespace mailreeve {

class CompiledRules {
 public:
  // In the order in which they are tried.
  explicit CompiledRules(std::vector<AccessRule> rules = {});
  ~CompiledRules();
  CompiledRules(CompiledRules&&) noexcept;
  CompiledRules& operator=(CompiledRules&&) noexcept;

  // Null: none matches. As long as the recipient is not known, rules about recipients match nothing.
  const AccessRule* first(const AccessSubject& subject, AccessLookups& lookups) const;

  const std::vector<AccessRule>& rules() const { return rules_; }

 private:
  struct Index;
  std::vector<AccessRule> rules_;
  std::unique_ptr<const Index> index_;
};

}  // namespace mailreeve

#endif
