// SPDX-License-Identifier: BSD-2-Clause
// SQL spoken to an SQLite file.
#ifndef MAILREEVE_STORE_SQLITE_SQL_H
#define MAILREEVE_STORE_SQLITE_SQL_H

#include <string>

#include "store/sql.h"

namespace mailreeve {

class SqliteConnector final : public SqlConnector {
 public:
  // The file is there; see open_sqlite_file().
  explicit SqliteConnector(std::string path) : path_(std::move(path)) {}

  SqlDialect dialect() const override { return SqlDialect::Sqlite; }
  std::unique_ptr<SqlConnection> connect(Deadline deadline) override;

 private:
  const std::string path_;
};

}  // namespace mailreeve

#endif
