// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_memo_tables.h"

namespace mailreeve {

// memo: one row for each thing that is remembered for a while (see core/memo.h).
//   kind   what it is
//   key    whom or what it is about
//   value  what is known
//   until  not known any more from this time on
const char* const kMemoTables = R"sql(
CREATE TABLE memo (
  kind  TEXT    NOT NULL,
  key   TEXT    NOT NULL,
  value TEXT    NOT NULL,
  until INTEGER NOT NULL,
  PRIMARY KEY (kind, key)
) STRICT, WITHOUT ROWID;
CREATE INDEX memo_until ON memo (until);
ALTER TABLE size ADD COLUMN memos INTEGER NOT NULL DEFAULT 0;
CREATE TRIGGER memo_added AFTER INSERT ON memo BEGIN
  UPDATE size SET memos = memos + 1;
END;
CREATE TRIGGER memo_removed AFTER DELETE ON memo BEGIN
  UPDATE size SET memos = memos - 1;
END;
ALTER TABLE quota_user DROP COLUMN unauthorized;
)sql";

// memo_kind: how many rows memo has of a kind, kept by triggers.
const char* const kMemoKinds = R"sql(
CREATE TABLE memo_kind (
  kind  TEXT    NOT NULL PRIMARY KEY,
  memos INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
INSERT INTO memo_kind SELECT kind, count(*) FROM memo GROUP BY kind;
CREATE INDEX memo_kind_until ON memo (kind, until);
DROP TRIGGER memo_added;
DROP TRIGGER memo_removed;
CREATE TRIGGER memo_added AFTER INSERT ON memo BEGIN
  INSERT INTO memo_kind (kind, memos) VALUES (new.kind, 1)
    ON CONFLICT DO UPDATE SET memos = memos + 1;
END;
CREATE TRIGGER memo_removed AFTER DELETE ON memo BEGIN
  UPDATE memo_kind SET memos = memos - 1 WHERE kind = old.kind;
END;
ALTER TABLE size DROP COLUMN memos;
)sql";

namespace {

constexpr char kFind[] = "SELECT kind, key, value, until FROM memo WHERE kind = ?1 AND key = ?2";
constexpr char kList[] =
    "SELECT kind, key, value, until FROM memo WHERE (kind, key) > (?1, ?2) ORDER BY kind, key LIMIT ?3";
constexpr char kPut[] = R"sql(
INSERT INTO memo (kind, key, value, until) VALUES (?1, ?2, ?3, ?4)
  ON CONFLICT DO UPDATE SET value = ?3, until = ?4
)sql";
constexpr char kDropFirst[] = R"sql(
DELETE FROM memo WHERE (kind, key) IN (
  SELECT kind, key FROM memo INDEXED BY memo_kind_until WHERE kind = ?1 ORDER BY until LIMIT 1)
)sql";
constexpr char kPurge[] = R"sql(
DELETE FROM memo WHERE (kind, key) IN (
  SELECT kind, key FROM memo INDEXED BY memo_until WHERE until <= ?1 ORDER BY until LIMIT ?2)
)sql";

Memo memo_of(const SqliteQuery& row) {
  return {.kind = std::string(row.text(0)),
          .key = std::string(row.text(1)),
          .value = std::string(row.text(2)),
          .until = from_millis(row.integer(3))};
}

}  // namespace

SqliteMemoReader::SqliteMemoReader(SqliteConnection& connection)
    : find_(connection, kFind), list_(connection, kList) {}

std::optional<Memo> SqliteMemoReader::find(const std::string& kind, const std::string& key) {
  SqliteQuery query(find_, kind, key);
  if (!query.next()) return std::nullopt;
  return memo_of(query);
}

std::vector<StateEntry> SqliteMemoReader::list(std::string& place, std::size_t most) {
  const auto [kind, key] = kind_and_key(place).value_or(std::pair<std::string, std::string>());
  std::vector<StateEntry> out;
  SqliteQuery query(list_, kind, key, static_cast<std::int64_t>(most));
  while (query.next()) {
    out.emplace_back(memo_of(query));
    place = name_of(std::get<Memo>(out.back()));
  }
  return out;
}

SqliteMemoWriter::SqliteMemoWriter(SqliteConnection& connection)
    : reader_(connection),
      count_(connection, "SELECT memos FROM memo_kind WHERE kind = ?1"),
      put_(connection, kPut),
      drop_first_(connection, kDropFirst),
      purge_(connection, kPurge) {}

bool SqliteMemoWriter::remember(const Memo& memo, IfKnown known, TimePoint now) {
  const auto there = reader_.find(memo.kind, memo.key);
  if (there && !takes_place(memo, there->until, known, now)) return false;
  put(memo, !there);
  return true;
}

std::size_t SqliteMemoWriter::purge(TimePoint now, std::size_t most) {
  return SqliteQuery(purge_, to_millis(now), static_cast<std::int64_t>(most)).run();
}

void SqliteMemoWriter::put(const Memo& memo, bool is_new) {
  // Before it goes in: whatever its end is, it is not the one to give way.
  if (is_new) {
    std::int64_t count = 0;
    if (SqliteQuery query(count_, memo.kind); query.next()) count = query.integer(0);
    if (count >= static_cast<std::int64_t>(kMostMemos)) SqliteQuery(drop_first_, memo.kind).run();
  }
  SqliteQuery(put_, memo.kind, memo.key, memo.value, to_millis(memo.until)).run();
}

}  // namespace mailreeve
