// SPDX-License-Identifier: BSD-2-Clause
// SQL on an SQLite file.
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
  // Called with a description of what happened to the file while it was in use.
  using Trouble = std::function<void(const std::string&)>;

  // The file must exist; see open_sqlite_file(). If the file is removed while in use, a thread
  // puts it back. If it is replaced, the thread switches to the new file once it has verified
  // its format. A call waits for either only as long as it has time.
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
    // The file in use, and its log at the last check.
    std::optional<FileId> file, log;
    // A connection that still has the whole file after the file is gone from its path.
    std::unique_ptr<SqliteConnection> rest;
    std::string trouble;  // why there is no usable file; empty if no trouble is known
  };
  struct State {
    Known known;  // valid unless it is being repaired
    bool mending = false;
    std::thread thread;

    bool uses(const std::optional<FileId>& there) const {
      return !mending && known.trouble.empty() && there && known.file && there->same_file(*known.file) &&
             there->size > 0;
    }
  };

  // Keeps a connection whose file is no longer in place.
  void keep_lost(std::unique_ptr<SqliteConnection> connection);
  // Returns once there is a usable file. Throws SqlError.
  void wait_for_file(Deadline deadline);
  void mend();
  // Returns a description of what was done. Throws SqliteError and StoreOpenError.
  std::string find_file(Known& known) const;
  // Returns false if the file just opened may not be the one in use.
  bool note_log();

  const std::string path_;
  const SqliteFormat& format_;
  const Trouble trouble_;
  Guarded<State> state_;
  std::condition_variable changed_;
};

}  // namespace mailreeve

#endif
