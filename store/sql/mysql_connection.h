// SPDX-License-Identifier: BSD-2-Clause
// SQL on a MySQL or MariaDB server, through prepared statements: values never
// become part of a statement's text.
#ifndef MAILREEVE_STORE_SQL_MYSQL_CONNECTION_H
#define MAILREEVE_STORE_SQL_MYSQL_CONNECTION_H

#include <cstddef>
#include <memory>
#include <string>
#include <unordered_map>

#include "net/socket_watch.h"
#include "store/sql/mysql_connector.h"
#include "store/sql/sql.h"
#include "util/descriptor.h"

struct st_mysql;
struct st_mysql_stmt;

namespace mailreeve {

// Call once, before any thread starts.
void initialise_mysql();

class MysqlConnection final : public SqlConnection {
 public:
  // Throws SqlError.
  MysqlConnection(const MysqlServer& server, std::size_t number, SocketWatch& watch, Deadline deadline);
  ~MysqlConnection() override;
  MysqlConnection(const MysqlConnection&) = delete;
  MysqlConnection& operator=(const MysqlConnection&) = delete;

  std::size_t server() const override { return number_; }
  void set_deadline(Deadline deadline) override { deadline_ = deadline; }
  SqlRows query(const std::string& sql, const SqlValues& values) override;
  std::int64_t change(const std::string& sql, const SqlValues& values) override;
  void begin() override { execute("START TRANSACTION"); }
  void commit() override { execute("COMMIT"); }
  void rollback() override { execute("ROLLBACK"); }

 private:
  struct Close {
    void operator()(st_mysql* handle) const;
    void operator()(st_mysql_stmt* handle) const;
  };
  using Statement = std::unique_ptr<st_mysql_stmt, Close>;

  void connect(const MysqlServer& server);
  int wait_for(int wanted) const;
  void watch_socket();
  void prepare_session();
  std::string setting(const std::string& sql);
  // Runs a literal statement without values.
  void execute(const char* sql);
  st_mysql_stmt* run(const std::string& sql, const SqlValues& values);
  st_mysql_stmt* prepared(const std::string& sql);
  [[noreturn]] void fail(unsigned code, const char* message, const std::string& more = "") const;
  [[noreturn]] void fail(st_mysql_stmt* statement) const;

  const std::string server_;
  const std::size_t number_;
  SocketWatch& watch_;
  Deadline deadline_;
  Descriptor socket_{-1};  // a duplicate of the connection's socket
  std::unique_ptr<st_mysql, Close> handle_;
  bool changing_ = false;
  std::unordered_map<std::string, Statement> statements_;
};

}  // namespace mailreeve

#endif
