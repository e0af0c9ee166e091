// SPDX-License-Identifier: BSD-2-Clause
// SQL spoken to an SQLite file.
#ifndef MAILREEVE_STORE_SQL_SQLITE_SQL_H
#define MAILREEVE_STORE_SQL_SQLITE_SQL_H

#include <condition_variable>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <thread>

#include "store/sql/sql.h"
#include "store/sql/sqlite_file.h"
#include "util/guarded.h"

namespace mailreeve {

class SqliteConnector final : public SqlConnector {
 public:
  // Is told what happened to the file while it was in use.
  using Trouble = std::function<void(const std::string&)>;

  // The file is there; see open_sqlite_file(). If it is removed while it is in use, it is put
  // back; if it is replaced, the other one is used, once it is known to be one of this format.
  // Both are done by a thread: a call waits for them only as long as it has time.
  SqliteConnector(
      std::string path, const SqliteFormat& format, Trouble trouble = [](const std::string&) {});
  ~SqliteConnector() override;
  SqliteConnector(const SqliteConnector&) = delete;
  SqliteConnector& operator=(const SqliteConnector&) = delete;

  SqlDialect dialect() const override { return SqlDialect::Sqlite; }
  std::unique_ptr<SqlConnection> connect(Deadline deadline) override;

 private:
  class Connection;
  struct Known {
    // The file that is in use, and its log the last time it was looked at.
    std::optional<FileId> file, log;
    // Has all of a file that is gone from its path.
    std::unique_ptr<SqliteConnection> rest;
    std::string trouble;  // why there is no file to use; empty: there is, as far as is known
  };
  struct State {
    Known known;  // unless it is being mended
    bool mending = false;
    std::thread thread;

    bool uses(const std::optional<FileId>& there) const {
      return !mending && known.trouble.empty() && there && known.file && there->same_file(*known.file) &&
             there->size > 0;
    }
  };

  // Its file is not where it was.
  void lost(std::unique_ptr<SqliteConnection> connection);
  // Returns when there is a file to use. Throws SqlError.
  void wait_for_file(Deadline deadline);
  void mend();
  // Returns what was done. Throws SqliteError and StoreOpenError.
  std::string find_file(Known& known) const;
  // False if what was just opened may not be the file that is in use.
  bool note_log();

  const std::string path_;
  const SqliteFormat& format_;
  const Trouble trouble_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
