// SPDX-License-Identifier: BSD-2-Clause
// SQLite's connections and statements as values that close themselves and
// throw. Only one thread at a time may use a connection and its statements.
#ifndef MAILREEVE_STORE_SQL_SQLITE_H
#define MAILREEVE_STORE_SQL_SQLITE_H

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>

#include "util/time.h"

struct sqlite3;
struct sqlite3_stmt;

namespace mailreeve {

class SqliteError : public std::runtime_error {
 public:
  SqliteError(const std::string& what, int code) : std::runtime_error(what), code_(code) {}

  // Another connection holds the required lock.
  bool busy() const;
  bool full() const;
  // The file is not readable as a database.
  bool damaged() const;
  bool interrupted() const;
  // It violates a unique key, a foreign key or a check.
  bool constraint() const;
  bool read_only() const;
  // The file cannot be opened, or has moved.
  bool gone() const;

 private:
  int code_;  // primary result code
};

// The header on the first page of a database.
struct SqliteHeader {
  std::int32_t application_id = 0;
  std::int32_t user_version = 0;
};

// Reads the header without leaving a trace: no lock, no log, no recovery. The values are random
// if the file is not a database. Returns nullopt if the file is too short. Throws SqliteError.
std::optional<SqliteHeader> read_sqlite_header(const std::string& path);

class SqliteConnection {
 public:
  enum class Access { ReadOnly, ReadWrite };
  // Never creates a file.
  SqliteConnection(const std::string& path, Access access);

  void execute(const char* sql);
  // Returns the first column of the first row; 0 if there is none.
  std::int64_t number(const char* sql);
  std::string text(const char* sql);
  // Sets the maximum time that a call waits for another connection's lock.
  void set_patience(Milliseconds patience);
  // Interrupts statements that are still running after this time, counted from now.
  void set_time_limit(Milliseconds limit);
  void clear_time_limit();
  // Ends what another thread has running here.
  void interrupt();
  // Whether closing the last connection leaves the write-ahead log as it is.
  void keep_log_on_close(bool keep);
  // Throws if the path no longer leads to the open file.
  void check_not_moved();
  bool in_transaction() const;
  // Moves all commits from the log into the file and onto the disk.
  void checkpoint();
  struct Log {
    int pages = 0;  // that it had in the beginning
    int moved = 0;
  };
  // Likewise, as far as possible without blocking others.
  Log move_log();
  // Calls `told` after each commit with the number of pages in the log. `told` must
  // outlive this object. SQLite no longer moves the log by itself.
  void on_commit(const std::function<void(int)>* told);
  // Copies the whole database, as of one moment, into the database that `other` has open.
  void copy_to(SqliteConnection& other);

 private:
  friend class SqliteStatement;
  struct Close {
    void operator()(sqlite3* handle) const;
  };
  // SQLite keeps these addresses, even while it closes the handle, so they must not move
  // with this object.
  std::unique_ptr<Milliseconds> patience_;
  std::unique_ptr<Deadline> limit_;
  std::unique_ptr<sqlite3, Close> handle_;
};

class SqliteStatement {
 public:
  SqliteStatement(SqliteConnection& connection, const char* sql);

 private:
  friend class SqliteQuery;
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const;
  };
  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

// One execution of a statement, with values for ?1, ?2, ...; texts must outlive it.
class SqliteQuery {
 public:
  template <class... Values>
  explicit SqliteQuery(SqliteStatement& statement, const Values&... values)
      : handle_(statement.handle_.get()) {
    int index = 0;
    (bind(++index, values), ...);
  }
  ~SqliteQuery();
  SqliteQuery(const SqliteQuery&) = delete;
  SqliteQuery& operator=(const SqliteQuery&) = delete;

  // Moves to the next row; returns false if there is none.
  bool next();
  // Runs a statement without rows and returns the number of changed rows.
  std::size_t run();
  int columns() const;
  bool is_null(int column) const;
  bool is_integer(int column) const;
  std::int64_t integer(int column) const;
  std::string_view text(int column) const;
  // Bind values whose number is known only at run time. Call before the first row.
  void bind(int index, std::int64_t value);
  void bind(int index, std::string_view value);
  void bind_null(int index);

 private:
  sqlite3_stmt* handle_;
};

}  // namespace mailreeve

#endif
