// SPDX-License-Identifier: BSD-2-Clause
// Rules that can never match, as far as their conditions show that.
#ifndef MAILREEVE_ACCESS_SHADOW_H
#define MAILREEVE_ACCESS_SHADOW_H

#include <cstddef>
#include <vector>

#include "access/rule.h"

namespace mailreeve {

struct Shadowed {
  std::size_t rule;
  std::size_t by;  // an earlier one, which matches whatever this one would match
};

// In the order of the rules. A rule is compared with at most 1000 others.
std::vector<Shadowed> shadowed_rules(const std::vector<AccessRule>& rules);

// Whether a condition of the rule needs a value of a list that has none.
bool needs_empty_list(const AccessRule& rule);

}  // namespace mailreeve

#endif
