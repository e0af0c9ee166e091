// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/mysql_connection.h"

#include <fcntl.h>
#include <mysql.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <mutex>
#include <vector>

#include "util/host_port.h"
#include "util/wait_mark.h"

namespace mailreeve {

namespace {

unsigned whole_seconds(Milliseconds span) {
  return static_cast<unsigned>(std::max<std::int64_t>(1, (span.count() + 999) / 1000));
}

// https://mariadb.com/kb/en/mariadb-error-codes/; codes of the client library start at 2000.
SqlError::Kind kind_of(unsigned code, bool changing) {
  using Kind = SqlError::Kind;
  switch (code) {
    case 1040:  // too many connections
    case 1047:  // a Galera node without its cluster
    case 1053:  // the server is shutting down
    case 1317:  // killed
    case 1927:
    case 1969:  // took too long
    case 3024:
      return Kind::Lost;
    case 1020:  // changed since it was read
    case 1205:  // lock wait
    case 1213:  // deadlock
      return Kind::Conflict;
    case 1062:
    case 1586:
      return Kind::Duplicate;
    case 1054:  // column
    case 1146:  // table
      return Kind::Missing;
    case 1142:  // this account, on a table
    case 1143:  // on a column
      return changing ? Kind::Denied : Kind::Missing;
    case 1044:
    case 1045:
    case 1227:
    case 3159:  // without TLS
      return Kind::Denied;
    case 1290:  // --read-only
    case 1792:  // transactions are read-only
    case 1836:  // InnoDB is read-only
      return Kind::ReadOnly;
    case 1264:  // number out of range
    case 1267:  // incompatible collations
    case 1270:
    case 1271:
    case 1300:  // characters
    case 1366:
    case 1406:  // too long
    case 3854:
    case 3988:
      return Kind::Unfit;
    default:
      return code >= 2000 && code < 3000 ? Kind::Lost : Kind::Other;
  }
}

bool is_integer(enum_field_types type) {
  switch (type) {
    case MYSQL_TYPE_TINY:
    case MYSQL_TYPE_SHORT:
    case MYSQL_TYPE_INT24:
    case MYSQL_TYPE_LONG:
    case MYSQL_TYPE_LONGLONG:
      return true;
    default:
      return false;
  }
}

// Binds values for the server; the caller keeps ownership.
std::vector<MYSQL_BIND> bind(const SqlValues& values) {
  std::vector<MYSQL_BIND> binds(values.size());
  for (std::size_t i = 0; i < values.size(); ++i) {
    MYSQL_BIND& one = binds[i];
    one = {};
    one.buffer_type = MYSQL_TYPE_NULL;
    if (const auto* number = std::get_if<std::int64_t>(&values[i])) {
      one.buffer_type = MYSQL_TYPE_LONGLONG;
      one.buffer = const_cast<std::int64_t*>(number);
    } else if (const auto* text = std::get_if<std::string>(&values[i])) {
      one.buffer_type = MYSQL_TYPE_STRING;
      one.buffer = const_cast<char*>(text->data());
      one.buffer_length = text->size();
    }
  }
  return binds;
}

// Receives the server's answer, column by column.
class Answer {
 public:
  explicit Answer(MYSQL_RES* columns) : cells_(mysql_num_fields(columns)), binds_(cells_.size()) {
    const MYSQL_FIELD* fields = mysql_fetch_fields(columns);
    for (std::size_t i = 0; i < cells_.size(); ++i) bind(cells_[i], binds_[i], fields[i]);
  }
  MYSQL_BIND* binds() { return binds_.data(); }

  SqlRow row() const {
    SqlRow row;
    for (const Cell& cell : cells_) {
      if (cell.null)
        row.emplace_back();
      else if (cell.integer)
        row.emplace_back(cell.number);
      else
        row.emplace_back(std::string(cell.text.data(), std::min<std::size_t>(cell.length, cell.text.size())));
    }
    return row;
  }

 private:
  struct Cell {
    bool integer = false;
    my_bool null = 0;
    std::int64_t number = 0;
    std::vector<char> text;
    unsigned long length = 0;
  };

  static void bind(Cell& cell, MYSQL_BIND& one, const MYSQL_FIELD& field) {
    one = {};
    one.is_null = &cell.null;
    one.length = &cell.length;
    cell.integer = is_integer(field.type);
    if (cell.integer) {
      one.buffer_type = MYSQL_TYPE_LONGLONG;
      one.buffer = &cell.number;
      return;
    }
    // max_length is the length of the longest value in this answer.
    cell.text.resize(field.max_length + 1);
    one.buffer_type = MYSQL_TYPE_STRING;
    one.buffer = cell.text.data();
    one.buffer_length = cell.text.size();
  }

  std::vector<Cell> cells_;
  std::vector<MYSQL_BIND> binds_;
};

void set_time_outs(MYSQL* handle, Milliseconds span) {
  const unsigned seconds = whole_seconds(span);
  mysql_options(handle, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_OPT_READ_TIMEOUT, &seconds);
  mysql_options(handle, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
}

// Adds a hint that an admin would not think of. MariaDB reports a wrong password and missing TLS,
// whether the server or the account requires it, in the same way.
std::string advice(unsigned code, const MysqlServer& server) {
  if (server.tls != SqlTls::Off || !server.socket.empty()) return "";
  if (code == 3159) return "; policy-db.tls-ca-file turns TLS on";
  return code == 1045 ? "; this is also the answer if TLS is required, which policy-db.tls-ca-file turns on"
                      : "";
}

void set_tls(MYSQL* handle, const MysqlServer& server) {
  if (server.tls == SqlTls::Off) return;
  const my_bool yes = 1;
  mysql_options(handle, MYSQL_OPT_SSL_ENFORCE, &yes);
  if (server.tls != SqlTls::Verified) return;
  if (!server.tls_ca_file.empty()) mysql_options(handle, MYSQL_OPT_SSL_CA, server.tls_ca_file.c_str());
  mysql_options(handle, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
}

}  // namespace

void initialise_mysql() {
  static std::once_flag once;
  std::call_once(once, [] {
    if (mysql_library_init(0, nullptr, nullptr) != 0)
      throw SqlError(SqlError::Kind::Other, "the MySQL client library does not start");
  });
}

std::string MysqlServer::name() const { return socket.empty() ? to_string(host, port) : socket; }

void MysqlConnection::Close::operator()(st_mysql* handle) const { mysql_close(handle); }
void MysqlConnection::Close::operator()(st_mysql_stmt* handle) const { mysql_stmt_close(handle); }

MysqlConnection::MysqlConnection(const MysqlServer& server, std::size_t number, SocketWatch& watch,
                                 Deadline deadline)
    : server_(server.name()),
      number_(number),
      watch_(watch),
      deadline_(deadline),
      handle_(mysql_init(nullptr)) {
  if (!handle_) throw SqlError(SqlError::Kind::Other, "no memory for a connection");
  connect(server);
  watch_socket();
  prepare_session();
}

// Closing sends a goodbye to the server, which may hang as well.
MysqlConnection::~MysqlConnection() {
  const SocketWatch::Guard guard(watch_, socket_.number(), Deadline(Milliseconds(200)));
  statements_.clear();
  handle_.reset();
}

void MysqlConnection::connect(const MysqlServer& server) {
  MYSQL* const handle = handle_.get();
  set_time_outs(handle, deadline_.left());
  set_tls(handle, server);
  mysql_options(handle, MYSQL_SET_CHARSET_NAME, "utf8mb4");
  const unsigned no = 0;
  mysql_options(handle, MYSQL_OPT_LOCAL_INFILE, &no);
  // "localhost" would mean a socket whose path was not configured.
  const unsigned protocol = server.socket.empty() ? MYSQL_PROTOCOL_TCP : MYSQL_PROTOCOL_SOCKET;
  mysql_options(handle, MYSQL_OPT_PROTOCOL, &protocol);
  // Larger than any answer that we expect; the library's own limit is a gigabyte.
  const unsigned long most = 16UL << 20;
  mysql_options(handle, MYSQL_OPT_MAX_ALLOWED_PACKET, &most);
  // A server that sends its greeting little by little restarts the library's own time-outs with
  // each octet. The library also looks up names on this stack.
  const std::size_t stack = 256 << 10;
  mysql_options(handle, MYSQL_OPT_NONBLOCK, &stack);
  // Counts the rows that an UPDATE finds, as SQLite does, even if their values do not change.
  MYSQL* connected = nullptr;
  int wanted = mysql_real_connect_start(
      &connected, handle, server.socket.empty() ? server.host.c_str() : nullptr, server.user.c_str(),
      server.password.c_str(), server.database.c_str(), server.port,
      server.socket.empty() ? nullptr : server.socket.c_str(), CLIENT_FOUND_ROWS);
  while (wanted != 0) wanted = mysql_real_connect_cont(&connected, handle, wait_for(wanted));
  if (connected == nullptr)
    fail(mysql_errno(handle), mysql_error(handle), advice(mysql_errno(handle), server));
  // The library continues unencrypted if the server does not offer encryption.
  if (server.tls != SqlTls::Off && mysql_get_ssl_cipher(handle) == nullptr)
    throw SqlError(SqlError::Kind::Lost, server_ + ": the server offers no encryption, which is required");
}

// Returns which of the events that the library waits for have happened, in its own flags.
int MysqlConnection::wait_for(int wanted) const {
  const auto flag = [wanted](int word, short event) { return (wanted & word) != 0 ? event : short{0}; };
  pollfd socket{.fd = static_cast<int>(mysql_get_socket(handle_.get())),
                .events = static_cast<short>(flag(MYSQL_WAIT_READ, POLLIN) | flag(MYSQL_WAIT_WRITE, POLLOUT) |
                                             flag(MYSQL_WAIT_EXCEPT, POLLPRI)),
                .revents = 0};
  mark_wait();
  while (!deadline_.passed() && poll(&socket, 1, static_cast<int>(deadline_.left().count()) + 1) <= 0)
    continue;
  if (deadline_.passed()) return MYSQL_WAIT_TIMEOUT;
  const bool trouble = (socket.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
  const int happened = ((socket.revents & POLLIN) != 0 ? MYSQL_WAIT_READ : 0) |
                       ((socket.revents & POLLOUT) != 0 ? MYSQL_WAIT_WRITE : 0) |
                       ((socket.revents & POLLPRI) != 0 ? MYSQL_WAIT_EXCEPT : 0);
  // The library's own call will then report the error.
  return trouble ? wanted & ~MYSQL_WAIT_TIMEOUT : happened;
}

// The library may close its descriptor at any time, after which the number
// could belong to another file.
void MysqlConnection::watch_socket() {
  socket_ = Descriptor(fcntl(static_cast<int>(mysql_get_socket(handle_.get())), F_DUPFD_CLOEXEC, 0));
  if (socket_.number() < 0)
    throw SqlError(SqlError::Kind::Lost, server_ + ": no descriptor left to watch it");
}

void MysqlConnection::prepare_session() {
  // Makes a value that is too long an error instead of truncating it.
  execute("SET SESSION sql_mode = 'STRICT_ALL_TABLES', innodb_lock_wait_timeout = 5, autocommit = 1");
  execute("SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED");
  // A Galera node without its cluster accepts connections but does not serve them.
  if (setting("SHOW VARIABLES LIKE 'wsrep_on'") == "ON" && setting("SHOW STATUS LIKE 'wsrep_ready'") != "ON")
    throw SqlError(SqlError::Kind::Lost, server_ + ": a Galera node without its cluster");
}

// Returns the second column of the first row.
std::string MysqlConnection::setting(const std::string& sql) {
  const SqlRows rows = SqlConnection::query(sql);
  return rows.empty() ? "" : as_text(rows[0].at(1));
}

void MysqlConnection::execute(const char* sql) {
  const SocketWatch::Guard guard(watch_, socket_.number(), deadline_);
  changing_ = true;
  if (mysql_query(handle_.get(), sql) != 0) fail(mysql_errno(handle_.get()), mysql_error(handle_.get()));
}

SqlRows MysqlConnection::query(const std::string& sql, const SqlValues& values) {
  const SocketWatch::Guard guard(watch_, socket_.number(), deadline_);
  changing_ = false;
  MYSQL_STMT* const statement = run(sql, values);
  const std::unique_ptr<MYSQL_RES, decltype(&mysql_free_result)> columns(
      mysql_stmt_result_metadata(statement), mysql_free_result);
  if (!columns) return {};
  // After store_result, max_length of each column is known.
  const std::unique_ptr<MYSQL_STMT, decltype(&mysql_stmt_free_result)> answered(statement,
                                                                                mysql_stmt_free_result);
  Answer answer(columns.get());
  if (mysql_stmt_bind_result(statement, answer.binds()) != 0) fail(statement);
  SqlRows rows;
  int code = 0;
  while ((code = mysql_stmt_fetch(statement)) == 0) rows.push_back(answer.row());
  if (code != MYSQL_NO_DATA) fail(statement);
  return rows;
}

std::int64_t MysqlConnection::change(const std::string& sql, const SqlValues& values) {
  const SocketWatch::Guard guard(watch_, socket_.number(), deadline_);
  changing_ = true;
  return static_cast<std::int64_t>(mysql_stmt_affected_rows(run(sql, values)));
}

st_mysql_stmt* MysqlConnection::run(const std::string& sql, const SqlValues& values) {
  MYSQL_STMT* const statement = prepared(sql);
  std::vector<MYSQL_BIND> binds = bind(values);
  if (mysql_stmt_param_count(statement) != binds.size())
    throw std::logic_error("a statement with " + std::to_string(mysql_stmt_param_count(statement)) +
                           " places got " + std::to_string(binds.size()) + " values: " + sql);
  if (!binds.empty() && mysql_stmt_bind_param(statement, binds.data()) != 0) fail(statement);
  if (mysql_stmt_execute(statement) != 0) fail(statement);
  if (mysql_stmt_field_count(statement) > 0 && mysql_stmt_store_result(statement) != 0) fail(statement);
  return statement;
}

st_mysql_stmt* MysqlConnection::prepared(const std::string& sql) {
  const auto found = statements_.find(sql);
  if (found != statements_.end()) return found->second.get();
  Statement statement(mysql_stmt_init(handle_.get()));
  if (!statement) fail(mysql_errno(handle_.get()), mysql_error(handle_.get()));
  const my_bool yes = 1;
  mysql_stmt_attr_set(statement.get(), STMT_ATTR_UPDATE_MAX_LENGTH, &yes);
  if (mysql_stmt_prepare(statement.get(), sql.data(), sql.size()) != 0) fail(statement.get());
  return statements_.emplace(sql, std::move(statement)).first->second.get();
}

void MysqlConnection::fail(st_mysql_stmt* statement) const {
  fail(mysql_stmt_errno(statement), mysql_stmt_error(statement));
}

void MysqlConnection::fail(unsigned code, const char* message, const std::string& more) const {
  const std::string late = deadline_.passed() ? "no answer before the deadline: " : "";
  throw SqlError(kind_of(code, changing_),
                 server_ + ": " + late + message + " (error " + std::to_string(code) + ")" + more);
}

}  // namespace mailreeve
