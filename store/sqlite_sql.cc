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

}  // namespace

class SqliteConnector::Connection final : public SqlConnection {
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
  Connection(SqliteConnector& home, const std::string& path, Deadline deadline)
      : home_(home), path_(path), connection_(path, SqliteConnection::Access::ReadWrite) {
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
      home_.moved(connection_);
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

  SqliteConnector& home_;
  const std::string path_;
  SqliteConnection connection_;
  std::unordered_map<std::string, SqliteStatement> statements_;
  bool moved_ = false;
};

// Whoever finds out first. The others then find a file there.
void SqliteConnector::moved(SqliteConnection& connection) {
  const auto known = known_.lock();
  const auto there = file_id(path_);
  try {
    if (!there) {
      put_sqlite_file_back(connection, path_);
      known->file = file_id(path_);
      known->log.reset();
      trouble_(path_ + ": the file was removed: it was put back as it was");
    } else if (known->file && !there->same_file(*known->file)) {
      if (known->log) remove_old_log(path_, *known->log);
      known->file = there;
      known->log.reset();
      trouble_(path_ + ": the file was replaced: the other one is used");
    }
  } catch (const std::runtime_error& error) {
    trouble_(path_ + ": the file was removed: " + error.what());
  }
}

std::unique_ptr<SqlConnection> SqliteConnector::connect(Deadline deadline) {
  try {
    std::unique_ptr<Connection> connection;
    {
      const auto known = known_.lock();
      const auto there = file_id(path_);
      if (there && known->file && known->log && !there->same_file(*known->file))
        remove_old_log(path_, *known->log);
      connection = std::make_unique<Connection>(*this, path_, deadline);
      known->file = there;
      known->log = file_id(path_ + "-wal");
    }
    connection->set_deadline(deadline);
    return connection;
  } catch (const SqliteError& error) {
    fail(path_, error);
  }
}

}  // namespace mailreeve
