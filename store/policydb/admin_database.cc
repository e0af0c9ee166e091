// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/admin_database.h"

#include <stdexcept>

namespace mailreeve {

std::vector<Limit> AdminDatabase::checked_limits(const std::string& limits) const {
  try {
    return parse_limits(limits, defaults_);
  } catch (const std::invalid_argument& error) {
    refuse_invalid(error.what());
  }
}

}  // namespace mailreeve
