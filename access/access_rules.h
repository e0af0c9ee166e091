// SPDX-License-Identifier: BSD-2-Clause
// The access rules in force: those of the policy database first, then those of the files. Each part may be
// replaced at any time, while others match against what they hold. Safe to call from any thread.
#ifndef MAILREEVE_ACCESS_ACCESS_RULES_H
#define MAILREEVE_ACCESS_ACCESS_RULES_H

#include <memory>
#include <vector>

#include "access/matcher.h"
#include "util/guarded.h"

namespace mailreeve {

class AccessRules {
 public:
  struct Parts {
    std::shared_ptr<const CompiledRules> database = std::make_shared<const CompiledRules>();
    std::shared_ptr<const CompiledRules> files = std::make_shared<const CompiledRules>();

    bool empty() const { return database->rules().empty() && files->rules().empty(); }
    // Valid as long as these parts.
    const AccessRule* first(const AccessSubject& subject, AccessLookups& lookups) const;
  };

  Parts in_force() const { return *parts_.lock(); }

  // Compiles them first.
  void set_database(std::vector<AccessRule> rules);
  void set_files(std::vector<AccessRule> rules);

 private:
  mutable Guarded<Parts> parts_;
};

}  // namespace mailreeve

#endif
