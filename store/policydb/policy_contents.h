// SPDX-License-Identifier: BSD-2-Clause
// Finds rows of the policy database that mailreeve cannot use as intended. Other
// programs write into CHAPPS' tables, too.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_CONTENTS_H
#define MAILREEVE_STORE_POLICYDB_POLICY_CONTENTS_H

#include <string>
#include <vector>

#include "core/limits.h"
#include "store/sql/sql.h"

namespace mailreeve {

// A sentence about each kind of them. Limits are parsed with `defaults`; missing
// tables are skipped. Throws SqlError.
std::vector<std::string> doubtful_contents(SqlDatabase& database, Deadline deadline,
                                           const LimitDefaults& defaults = {});

}  // namespace mailreeve

#endif
