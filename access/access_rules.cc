// SPDX-License-Identifier: BSD-2-Clause
#include "access/access_rules.h"

#include <utility>

namespace mailreeve {

const AccessRule* AccessRules::Parts::first(const AccessSubject& subject, AccessLookups& lookups) const {
  if (const AccessRule* rule = database->first(subject, lookups)) return rule;
  return files->first(subject, lookups);
}

void AccessRules::set_database(std::vector<AccessRule> rules) {
  auto compiled = std::make_shared<const CompiledRules>(std::move(rules));
  parts_.lock()->database.swap(compiled);
}

void AccessRules::set_files(std::vector<AccessRule> rules) {
  auto compiled = std::make_shared<const CompiledRules>(std::move(rules));
  parts_.lock()->files.swap(compiled);
}

}  // namespace mailreeve
