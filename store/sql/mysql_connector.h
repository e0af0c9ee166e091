// SPDX-License-Identifier: BSD-2-Clause
// Connections to MySQL or MariaDB: to the first of several hosts that works,
// starting with the host that worked last, or after the one that failed last.
// For changes, likewise starting after a host that accepted none.
#ifndef MAILREEVE_STORE_SQL_MYSQL_CONNECTOR_H
#define MAILREEVE_STORE_SQL_MYSQL_CONNECTOR_H

#include <atomic>
#include <string>
#include <vector>

#include "net/socket_watch.h"
#include "store/sql/sql.h"

namespace mailreeve {

enum class SqlTls {
  Off,
  Required,  // encrypted, without verification
  Verified,  // the server's certificate and name are checked
};

struct MysqlServer {
  std::string host;    // or
  std::string socket;  // a path
  std::uint16_t port = 3306;
  std::string user;
  std::string password;
  std::string database;
  SqlTls tls = SqlTls::Off;
  std::string tls_ca_file;  // empty for the system's

  // The name for the log.
  std::string name() const;
};

class MysqlConnector final : public SqlConnector {
 public:
  // `servers` must hold the same data. `password_file` is read at each
  // connect; empty means no password.
  MysqlConnector(std::vector<MysqlServer> servers, std::string password_file);

  SqlDialect dialect() const override { return SqlDialect::Mysql; }
  // Each host gets an equal share of the remaining time, but at least a second: if
  // time is short, the next call tries the other hosts. Throws Denied if every
  // host denies access, otherwise Lost.
  std::unique_ptr<SqlConnection> connect(Deadline deadline) override { return connect(first_, deadline); }
  std::unique_ptr<SqlConnection> connect_for_changes(Deadline deadline) override {
    return connect(first_for_changes_, deadline);
  }
  bool pass_over(std::size_t server) override;

 private:
  std::unique_ptr<SqlConnection> connect(std::atomic<std::size_t>& first_of, Deadline deadline);
  // Starts after `failed`, unless another thread has already moved on.
  void begin_behind(std::atomic<std::size_t>& first, std::size_t failed) const;

  const std::vector<MysqlServer> servers_;
  const std::string password_file_;
  std::atomic<std::size_t> first_{0};  // the first host to try
  std::atomic<std::size_t> first_for_changes_{0};
  SocketWatch watch_;
};

}  // namespace mailreeve

#endif
