// SPDX-License-Identifier: BSD-2-Clause
#include "store/sqlite_sql.h"

#include <unordered_map>

#include "store/sqlite.h"

namespace mailreeve {

namespace {

[[noreturn]] void fail(const std::string& path, const SqliteError& error) {
  using Kind = SqlError::Kind;
  Kind kind = Kind::Other;
  if (error.busy() || error.interrupted() || error.gone()) kind = Kind::Lost;
  if (error.constraint()) kind = Kind::Duplicate;
  if (error.read_only()) kind = Kind::Denied;
  if (std::string_view(error.what()).starts_with("no such ")) kind = Kind::Missing;
  throw SqlError(kind, path + ": " + (error.busy() ? "is locked by another process" : error.what()));
}

class Connection final : public SqlConnection {
 private:
  template <class Use>
  auto with(const std::string& sql, const SqlValues& values, Use use) {
    if (moved_) throw SqlError(SqlError::Kind::Lost, path_ + ": the file was moved or removed");
    try {
      SqliteQuery query(prepared(sql));
      for (std::size_t i = 0; i < values.size(); ++i) bind(query, static_cast<int>(i + 1), values[i]);
      return use(query);
    } catch (const SqliteError& error) {
      fail(path_, error);
    }
  }

 public:
  Connection(const std::string& path, Deadline deadline)
      : path_(path), connection_(path, SqliteConnection::Access::ReadWrite) {
    // These read the file, which may be locked for a moment: when its last user leaves, or its log is
    // recovered.
    connection_.set_patience(deadline.left());
    connection_.execute("PRAGMA foreign_keys = ON");
    connection_.execute("PRAGMA temp_store = MEMORY");
    connection_.execute("PRAGMA synchronous = NORMAL");
  }

  void set_deadline(Deadline deadline) override {
    connection_.set_patience(deadline.left());
    connection_.set_time_limit(deadline.left());
    moved_ = false;
    try {
      connection_.check_not_moved();
    } catch (const SqliteError&) {
      moved_ = true;
    }
  }

  SqlRows query(const std::string& sql, const SqlValues& values) override {
    return with(sql, values, [](SqliteQuery& query) {
      SqlRows rows;
      while (query.next()) rows.push_back(row(query));
      return rows;
    });
  }

  std::int64_t change(const std::string& sql, const SqlValues& values) override {
    return with(sql, values, [](SqliteQuery& query) { return static_cast<std::int64_t>(query.run()); });
  }

  // Nobody else writes meanwhile, so nothing that was read changes before the commit.
  void begin() override { change("BEGIN IMMEDIATE", {}); }
  void commit() override { change("COMMIT", {}); }
  void rollback() override {
    if (connection_.in_transaction()) change("ROLLBACK", {});
  }

 private:
  SqliteStatement& prepared(const std::string& sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return found->second;
    return statements_.emplace(sql, SqliteStatement(connection_, sql.c_str())).first->second;
  }

  static void bind(SqliteQuery& query, int index, const SqlValue& value) {
    if (const auto* number = std::get_if<std::int64_t>(&value))
      query.bind(index, *number);
    else if (const auto* text = std::get_if<std::string>(&value))
      query.bind(index, *text);
    else
      query.bind_null(index);
  }

  static SqlRow row(const SqliteQuery& query) {
    SqlRow row;
    for (int column = 0; column < query.columns(); ++column) {
      if (query.is_null(column))
        row.emplace_back();
      else if (query.is_integer(column))
        row.emplace_back(query.integer(column));
      else
        row.emplace_back(std::string(query.text(column)));
    }
    return row;
  }

  const std::string path_;
  SqliteConnection connection_;
  std::unordered_map<std::string, SqliteStatement> statements_;
  bool moved_ = false;
};

}  // namespace

std::unique_ptr<SqlConnection> SqliteConnector::connect(Deadline deadline) {
  try {
    auto connection = std::make_unique<Connection>(path_, deadline);
    connection->set_deadline(deadline);
    return connection;
  } catch (const SqliteError& error) {
    fail(path_, error);
  }
}

}  // namespace mailreeve
