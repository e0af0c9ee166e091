// SPDX-License-Identifier: BSD-2-Clause
// Rows of the policy database as values, and pages of them. For those who
// implement PolicyAdmin and MessageTable.
#ifndef MAILREEVE_STORE_POLICY_ROWS_H
#define MAILREEVE_STORE_POLICY_ROWS_H

#include <cstddef>
#include <cstdint>

#include "store/policy_admin.h"
#include "store/sql.h"

namespace mailreeve {

// For "LIMIT ?".
std::int64_t bounded_count(std::size_t count);
// For "LIKE ? ESCAPE '!' ... LIMIT ? OFFSET ?".
SqlValues page_values(const Page& page);

inline constexpr char kTotals[] = "SELECT user, messages, recipients, refused, since_ms FROM totals";
TotalsEntry totals_entry(const SqlRow& row);

}  // namespace mailreeve

#endif
