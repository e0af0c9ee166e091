// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite_sql.h"

#include <system_error>
#include <unordered_map>

#include "store/sql/sqlite.h"
#include "util/signals_blocked.h"

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
    if (!connection_) throw SqlError(SqlError::Kind::Lost, path_ + ": the file was moved or removed");
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
      : home_(home),
        path_(path),
        connection_(std::make_unique<SqliteConnection>(path, SqliteConnection::Access::ReadWrite)) {
    // These statements read the file, which may be locked for a moment while its last user closes
    // it or its log is recovered.
    connection_->set_patience(deadline.left());
    connection_->execute("PRAGMA foreign_keys = ON");
    connection_->execute("PRAGMA temp_store = MEMORY");
    connection_->execute("PRAGMA synchronous = NORMAL");
  }

  void set_deadline(Deadline deadline) override {
    if (!connection_) return;
    connection_->set_patience(deadline.left());
    connection_->set_time_limit(deadline.left());
    if (is_in_place()) return;
    statements_.clear();
    home_.keep_lost(std::move(connection_));
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

  // There is no other writer meanwhile, so nothing that was read changes before the commit.
  void begin() override { change("BEGIN IMMEDIATE", {}); }
  void commit() override { change("COMMIT", {}); }
  void rollback() override {
    if (connection_ && connection_->in_transaction()) change("ROLLBACK", {});
  }

 private:
  bool is_in_place() {
    try {
      connection_->check_not_moved();
    } catch (const SqliteError&) {
      return false;
    }
    // If the file was emptied, SQLite would report missing tables.
    const auto there = file_id(path_);
    return !there || there->size > 0;
  }

  SqliteStatement& prepared(const std::string& sql) {
    const auto found = statements_.find(sql);
    if (found != statements_.end()) return found->second;
    return statements_.emplace(sql, SqliteStatement(*connection_, sql.c_str())).first->second;
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
  std::unique_ptr<SqliteConnection> connection_;  // null if it was lost
  std::unordered_map<std::string, SqliteStatement> statements_;
};

SqliteConnector::SqliteConnector(std::string path, const SqliteFormat& format, Trouble trouble)
    : path_(std::move(path)), format_(format), trouble_(std::move(trouble)) {
  state_.lock()->known.file = file_id(path_);
}

SqliteConnector::~SqliteConnector() {
  std::thread thread;
  std::swap(thread, state_.lock()->thread);
  if (thread.joinable()) thread.join();
}

// The first connection to notice has everything that the others have.
void SqliteConnector::keep_lost(std::unique_ptr<SqliteConnection> connection) {
  connection->clear_time_limit();
  const auto state = state_.lock();
  if (!state->mending && !state->known.rest && !file_id(path_)) state->known.rest = std::move(connection);
}

void SqliteConnector::wait_for_file(Deadline deadline) {
  const auto fail_for = [this](const std::string& why) {
    throw SqlError(SqlError::Kind::Lost, why.empty() ? path_ + ": the file was removed or replaced" : why);
  };
  auto state = state_.lock();
  for (bool tried = false;; tried = true) {
    const auto rests = [](const State& now) { return !now.mending; };
    if (!state.wait_until(changed_, deadline.at(), rests) || deadline.passed()) fail_for("");
    if (state->uses(file_id(path_))) return;
    if (tried) fail_for(state->known.trouble);
    // The previous thread has ended.
    if (state->thread.joinable()) state->thread.join();
    try {
      state->thread = std::thread([this] { mend(); });
    } catch (const std::system_error& error) {
      fail_for(path_ + ": no thread can be started: " + error.what());
    }
    state->mending = true;
  }
}

void SqliteConnector::mend() {
  const SignalsBlocked no_signals;
  Known known = std::move(state_.lock()->known);
  const std::string told = std::exchange(known.trouble, "");
  try {
    trouble_(path_ + ": " + find_file(known));
  } catch (const SqliteError& error) {
    known.trouble = path_ + ": " + error.what();
  } catch (const StoreOpenError& error) {
    known.trouble = error.what();
  }
  if (!known.trouble.empty() && known.trouble != told) trouble_(known.trouble);
  {
    const auto state = state_.lock();
    state->known = std::move(known);
    state->mending = false;
  }
  changed_.notify_all();
}

std::string SqliteConnector::find_file(Known& known) const {
  const auto there = file_id(path_);
  if (!there && !known.rest) throw StoreOpenError(path_ + ": the file was removed");
  if (!there)
    put_sqlite_file_back(*known.rest, path_);
  else if (known.file && known.log && !there->same_file(*known.file))
    remove_old_log(path_, *known.log);
  open_sqlite_file(path_, format_);
  known = {};
  known.file = file_id(path_);
  return there ? "the file was replaced: the other one is used"
               : "the file was removed: it was put back as it was";
}

std::unique_ptr<SqlConnection> SqliteConnector::connect(Deadline deadline) {
  try {
    for (;;) {
      wait_for_file(deadline);
      auto connection = std::make_unique<Connection>(*this, path_, deadline);
      if (!note_log()) continue;
      connection->set_deadline(deadline);
      return connection;
    }
  } catch (const SqliteError& error) {
    fail(path_, error);
  }
}

bool SqliteConnector::note_log() {
  const auto state = state_.lock();
  if (!state->uses(file_id(path_))) return false;
  state->known.log = file_id(path_ + "-wal");
  return true;
}

}  // namespace mailreeve
