// SPDX-License-Identifier: BSD-2-Clause
// SQL spoken to an SQLite file.
#ifndef MAILREEVE_STORE_SQLITE_SQL_H
#define MAILREEVE_STORE_SQLITE_SQL_H

#include <functional>
#include <optional>
#include <string>

#include "store/guarded.h"
#include "store/sql.h"
#include "store/sqlite_file.h"

namespace mailreeve {

class SqliteConnector final : public SqlConnector {
 public:
  // Is told what happened to the file while it was in use.
  using Trouble = std::function<void(const std::string&)>;

  // The file is there; see open_sqlite_file(). If it is removed while it is in use, it is put
  // back; if it is replaced, the other one is used.
  explicit SqliteConnector(
      std::string path, Trouble trouble = [](const std::string&) {})
      : path_(std::move(path)), trouble_(std::move(trouble)) {}

  SqlDialect dialect() const override { return SqlDialect::Sqlite; }
  std::unique_ptr<SqlConnection> connect(Deadline deadline) override;

 private:
  class Connection;
  struct Known {
    std::optional<FileId> file, log;  // that were open the last time
  };
  // The file that this connection has open is not where it was.
  void moved(SqliteConnection& connection);

  const std::string path_;
  const Trouble trouble_;
  Guarded<Known> known_;
};

}  // namespace mailreeve

#endif
