// SPDX-License-Identifier: BSD-2-Clause
// The state database's rows, page by page, on one SQLite connection.
#ifndef MAILREEVE_STORE_STATE_SQLITE_LISTING_H
#define MAILREEVE_STORE_STATE_SQLITE_LISTING_H

#include <string>
#include <vector>

#include "core/state_entry.h"
#include "store/sql/sqlite.h"
#include "store/state/sqlite_memo_tables.h"
#include "store/state/sqlite_quota_tables.h"

namespace mailreeve {

class SqliteListing {
 public:
  explicit SqliteListing(SqliteConnection& connection);

  // As StateArchive::list().
  std::vector<StateEntry> list(std::string& place, std::size_t most);
  std::vector<StateEntry> of_client(const std::string& client);

 private:
  std::vector<StateEntry> tuples(std::string& row, std::size_t most);
  std::vector<StateEntry> clients(std::string& name, std::size_t most);
  std::vector<StateEntry> users(std::string& name, std::size_t most);

  SqliteStatement tuples_, clients_, users_, tuples_of_, client_of_;
  SqliteQuotaReader quota_;
  SqliteMemoReader memos_;
};

}  // namespace mailreeve

#endif
