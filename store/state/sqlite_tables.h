// SPDX-License-Identifier: BSD-2-Clause
// The tables of the state database, as rows of C++ on one SQLite connection.
#ifndef MAILREEVE_STORE_STATE_SQLITE_TABLES_H
#define MAILREEVE_STORE_STATE_SQLITE_TABLES_H

#include <optional>

#include "core/state_store.h"
#include "store/sql/sqlite.h"
#include "store/sql/sqlite_file.h"
#include "store/state/sqlite_listing.h"
#include "store/state/sqlite_memo_tables.h"
#include "store/state/sqlite_quota_tables.h"

namespace mailreeve {

const SqliteFormat& state_format();

// Lookups. Each is one statement and so one snapshot.
class SqliteReader {
 public:
  explicit SqliteReader(SqliteConnection connection);

  void set_patience(Milliseconds patience) { connection_.set_patience(patience); }
  Remembered find(const Approach& what);
  SqliteQuotaReader& quota() { return quota_; }
  SqliteMemoReader& memos() { return memos_; }
  SqliteListing& listing() { return listing_; }
  StateSize size(TimePoint now);

 private:
  SqliteConnection connection_;
  SqliteStatement find_;
  SqliteQuotaReader quota_;
  SqliteMemoReader memos_;
  SqliteListing listing_;
};

// Changes. The caller must run each in a transaction.
class SqliteWriter {
 public:
  explicit SqliteWriter(SqliteConnection connection);

  void begin(Milliseconds patience);
  void commit();
  // Does nothing if SQLite has done it already.
  void rollback();
  void checkpoint(Milliseconds patience);
  void on_commit(const std::function<void(int)>* told) { connection_.on_commit(told); }
  // Throws if the path no longer leads to the open file.
  void check_not_moved() { connection_.check_not_moved(); }
  // Copies its contents to where the file was.
  void put_back(const std::string& path) { put_sqlite_file_back(connection_, path); }
  // The file is no longer ours: closing must not touch the file at its path.
  void abandon();

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now);
  void count_passage(const std::string& client, const GreylistRules& rules, TimePoint now);
  SqliteQuotaWriter& quota() { return quota_; }
  SqliteMemoWriter& memos() { return memos_; }
  void merge(const StateEntry& entry);
  std::size_t forget_client(const std::string& client);
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most);

 private:
  void make_room(const std::string& client, unsigned max_pending);
  std::size_t make_room(std::size_t limit, const GreylistRules& rules, std::size_t most);
  std::optional<ClientState> client(const std::string& name);
  void put(const Approach& what, const TupleState& tuple);
  void put(const std::string& client, const ClientState& state);

  SqliteConnection connection_;
  SqliteStatement begin_, commit_, rollback_;
  SqliteStatement find_, find_client_, count_pending_, drop_oldest_, count_tuples_, drop_ending_;
  SqliteStatement put_tuple_, put_client_;
  SqliteStatement purge_tuples_, purge_clients_;
  SqliteStatement forget_tuples_, forget_client_;
  SqliteQuotaWriter quota_;
  SqliteMemoWriter memos_;
};

}  // namespace mailreeve

#endif
