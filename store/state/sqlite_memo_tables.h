// SPDX-License-Identifier: BSD-2-Clause
// What is remembered for a while, as rows of the state database.
#ifndef MAILREEVE_STORE_STATE_SQLITE_MEMO_TABLES_H
#define MAILREEVE_STORE_STATE_SQLITE_MEMO_TABLES_H

#include <optional>
#include <string>
#include <vector>

#include "core/state_entry.h"
#include "store/sql/sqlite.h"

namespace mailreeve {

extern const char* const kMemoTables;
extern const char* const kMemoKinds;

class SqliteMemoReader {
 public:
  explicit SqliteMemoReader(SqliteConnection& connection);

  std::optional<Memo> find(const std::string& kind, const std::string& key);
  // Some `most` of them that come behind `place`, and moves it: "KIND:KEY", or nothing.
  std::vector<StateEntry> list(std::string& place, std::size_t most);

 private:
  SqliteStatement find_, list_;
};

// Changes. Each belongs into a transaction of the caller's.
class SqliteMemoWriter {
 public:
  explicit SqliteMemoWriter(SqliteConnection& connection);

  // If it takes_place() of what is there; whether it did.
  bool remember(const Memo& memo, IfKnown known, TimePoint now);
  std::size_t purge(TimePoint now, std::size_t most);

 private:
  void put(const Memo& memo, bool is_new);

  SqliteMemoReader reader_;
  SqliteStatement count_, put_, drop_first_, purge_;
};

}  // namespace mailreeve

#endif
