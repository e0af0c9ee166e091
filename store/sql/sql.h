// SPDX-License-Identifier: BSD-2-Clause
// An SQL database, so that each statement is written once for SQLite and
// MariaDB: plain SQL, "?" for each value, times as whole milliseconds.
#ifndef MAILREEVE_STORE_SQL_SQL_H
#define MAILREEVE_STORE_SQL_SQL_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <variant>
#include <vector>

#include "util/backend_error.h"
#include "util/time.h"

namespace mailreeve {

using SqlValue = std::variant<std::monostate, std::int64_t, std::string>;
using SqlRow = std::vector<SqlValue>;
using SqlRows = std::vector<SqlRow>;
using SqlValues = std::vector<SqlValue>;

inline bool is_null(const SqlValue& value) { return std::holds_alternative<std::monostate>(value); }
// Return a number as text, and a text's digits as a number; "" and 0 for NULL and for anything else.
std::string as_text(const SqlValue& value);
std::int64_t as_number(const SqlValue& value);

enum class SqlDialect { Sqlite, Mysql };

class SqlError : public BackendError {
 public:
  enum class Kind {
    Lost,       // connection lost, or no answer in time
    Conflict,   // with a concurrent change; nothing was changed, a retry is possible
    Duplicate,  // violates a unique key
    Missing,    // no such table or column, or none visible to this account
    Denied,     // this account may not make the change
    ReadOnly,   // this server accepts no changes; another one may
    Unfit,      // text outside the column's character set, or too long
    Other,
  };
  SqlError(Kind kind, const std::string& what) : BackendError(what), kind_(kind) {}
  Kind kind() const { return kind_; }

 private:
  Kind kind_;
};

// One connection, for one thread at a time. All members throw SqlError.
class SqlConnection {
 public:
  virtual ~SqlConnection() = default;

  // The number of its server in the connector's list.
  virtual std::size_t server() const { return 0; }
  // Makes later statements fail (Lost) once `deadline` passes.
  virtual void set_deadline(Deadline deadline) = 0;
  virtual SqlRows query(const std::string& sql, const SqlValues& values) = 0;
  // Returns the number of changed rows.
  virtual std::int64_t change(const std::string& sql, const SqlValues& values) = 0;
  virtual void begin() = 0;
  virtual void commit() = 0;
  virtual void rollback() = 0;

  SqlRows query(const std::string& sql) { return query(sql, {}); }
  std::int64_t change(const std::string& sql) { return change(sql, {}); }
};

// Makes connections. Safe to call from any thread.
class SqlConnector {
 public:
  virtual ~SqlConnector() = default;
  virtual SqlDialect dialect() const = 0;
  // Throws SqlError. May last a second longer than the deadline.
  virtual std::unique_ptr<SqlConnection> connect(Deadline deadline) = 0;
  // Likewise, for changes.
  virtual std::unique_ptr<SqlConnection> connect_for_changes(Deadline deadline) { return connect(deadline); }
  // Reports that this server accepts no changes. Returns whether there is another server.
  virtual bool pass_over(std::size_t /*server*/) { return false; }
};

struct SqlPoolSettings {
  std::size_t connections = 8;
  Milliseconds timeout{5000};  // limits a connect, in addition to the call's deadline
};

// A database with a few connections, made on demand. Safe to call from any thread.
// After a connect has failed or a statement has timed out, calls fail at once,
// except for one that tries again every second.
class SqlDatabase {
 public:
  SqlDatabase(std::unique_ptr<SqlConnector> connector, SqlPoolSettings settings);
  ~SqlDatabase();
  SqlDatabase(const SqlDatabase&) = delete;
  SqlDatabase& operator=(const SqlDatabase&) = delete;

  SqlDialect dialect() const;

  // Runs `work(SqlConnection&)`, which must only read, and returns its result.
  // Runs it again if a connection turns out to be stale.
  template <class Work>
  auto read(Deadline deadline, Work work) {
    return run<Work>(deadline, false, work);
  }
  // Runs `work` in a transaction, which has no effect if `work` throws. Runs it again
  // on a conflict, and on the next server if one accepts no changes; that server
  // continues to serve reads. If the commit is Lost, it may have taken effect.
  template <class Work>
  auto change(Deadline deadline, Work work) {
    return run<Work>(deadline, true, work);
  }

 private:
  class Pool;
  using Step = std::function<void(SqlConnection&)>;

  template <class Work>
  auto run(Deadline deadline, bool change, Work& work) {
    using Result = std::invoke_result_t<Work&, SqlConnection&>;
    if constexpr (std::is_void_v<Result>) {
      run_step(deadline, change, [&](SqlConnection& connection) { work(connection); });
    } else {
      std::optional<Result> result;
      run_step(deadline, change, [&](SqlConnection& connection) { result = work(connection); });
      return std::move(*result);
    }
  }
  void run_step(Deadline deadline, bool change, const Step& step);
  void read_step(Deadline deadline, const Step& step);
  void change_step(Deadline deadline, const Step& step);

  const std::unique_ptr<Pool> pool_;
};

}  // namespace mailreeve

#endif
