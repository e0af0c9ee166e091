// SPDX-License-Identifier: BSD-2-Clause
// The table of messages, and the totals of what users have sent. Safe to call from any
// thread. All throw BackendError.
#ifndef MAILREEVE_STORE_POLICYDB_MESSAGE_TABLE_H
#define MAILREEVE_STORE_POLICYDB_MESSAGE_TABLE_H

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "core/message_record.h"
#include "core/page.h"
#include "store/sql/sql.h"

namespace mailreeve {

// The totals of a user; `messages` and `recipients` exclude refused ones.
struct TotalsEntry {
  std::string user;
  std::int64_t messages = 0;
  std::int64_t recipients = 0;
  std::int64_t refused = 0;
  TimePoint since;
};

struct MessageQuery {
  std::string user{};                   // empty: all
  std::optional<std::string> sender{};  // in any case
  std::optional<std::string> verdict{};
  std::optional<std::string> queue_id{};
  std::optional<std::string> ref{};
  std::optional<TimePoint> since{};
  std::optional<TimePoint> until{};  // not included
  std::size_t limit = 100;
};

class MessageTable {
 public:
  explicit MessageTable(SqlDatabase& database) : database_(database) {}

  // Writes all of them or, if it throws, none; perhaps all, if the answer to the
  // commit was lost. Octets that are not UTF-8 become "?". These two throw
  // SqlError::Kind::Missing if there is no such table, even for an account that
  // could not write into it, or if it is of a newer version.
  void append(std::span<const MessageRecord> records, Deadline deadline);
  // Forgets up to `most` messages from before `before`, and returns how many.
  std::size_t purge(TimePoint before, std::size_t most, Deadline deadline);

  // The newest first.
  std::vector<MessageRecord> find(const MessageQuery& query, Deadline deadline);
  std::vector<TotalsEntry> totals(const Page& page, Deadline deadline);
  std::optional<TotalsEntry> totals_of(const std::string& user, Deadline deadline);

 private:
  template <class Work>
  auto change(Deadline deadline, Work work);
  bool is_missing(Deadline deadline);

  SqlDatabase& database_;
};

// For others who administer.
std::optional<TotalsEntry> totals_of(SqlConnection& connection, const std::string& user);

}  // namespace mailreeve

#endif
