// SPDX-License-Identifier: BSD-2-Clause
// Rows of the policy database that mailreeve cannot use, or not as they are meant.
// Others write into CHAPPS' tables, too.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_CONTENTS_H
#define MAILREEVE_STORE_POLICYDB_POLICY_CONTENTS_H

#include <string>
#include <vector>

#include "core/limits.h"
#include "store/sql/sql.h"

namespace mailreeve {

// A sentence on each kind of them. Limits are read with `defaults`; tables that
// are not there are passed over. Throws SqlError.
std::vector<std::string> doubtful_contents(SqlDatabase& database, Deadline deadline,
                                           const LimitDefaults& defaults = {});

}  // namespace mailreeve

#endif
