// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/open_policy_db.h"

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <vector>

#include "store/policydb/policy_schema.h"
#include "store/sql/sqlite_sql.h"
#include "util/host_port.h"
#include "util/url.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";
constexpr std::string_view kMysql = "mysql://";

[[noreturn]] void refuse(std::string_view url, const std::string& why) {
  std::string shown = shown_url(url);
  std::replace(shown.begin(), shown.end(), '\0', '?');
  throw std::invalid_argument("\"" + shown + "\" " + why +
                              "; known forms: sqlite:/path/of/file, mysql://user@host:port/database, "
                              "mysql://user@host,host/database and mysql://user@/path/of/socket:database");
}

std::string sqlite_path(std::string_view url) {
  const std::string_view path = url.substr(kSqlite.size());
  if (!path.starts_with('/')) refuse(url, "needs a path that begins with \"/\"");
  if (path.ends_with('/')) refuse(url, "names a directory");
  return std::string(path);
}

void read_host(std::string_view url, std::string_view text, MysqlServer& server) try {
  const HostPort where = parse_host_port(text);
  server.host = where.host;
  server.port = where.port.value_or(server.port);
} catch (const std::invalid_argument& error) {
  refuse(url, error.what());
}

void read_database(std::string_view url, std::string_view text, MysqlServer& server) {
  if (text.empty()) refuse(url, "names no database");
  if (text.find_first_of("/:@?") != std::string_view::npos)
    refuse(url, "has a database with \"/\", \":\", \"@\" or \"?\" in its name");
  server.database = text;
}

std::vector<MysqlServer> mysql_servers(std::string_view url) {
  std::string_view rest = url.substr(kMysql.size());
  MysqlServer server;
  const auto at = rest.find('@');
  if (at == std::string_view::npos || at == 0) refuse(url, "names no user");
  server.user = rest.substr(0, at);
  if (server.user.find_first_of("/:") != std::string::npos)
    refuse(url, "has a \"/\" or \":\" in the user's name; the password stands in a file");
  rest.remove_prefix(at + 1);

  if (rest.starts_with('/')) {
    const auto colon = rest.rfind(':');
    if (colon == std::string_view::npos) refuse(url, "names no database");
    server.socket = rest.substr(0, colon);
    read_database(url, rest.substr(colon + 1), server);
    return {server};
  }
  const auto slash = rest.find('/');
  if (slash == std::string_view::npos) refuse(url, "names no database");
  read_database(url, rest.substr(slash + 1), server);
  std::vector<MysqlServer> servers;
  std::string_view hosts = rest.substr(0, slash);
  for (;;) {
    const auto comma = std::min(hosts.find(','), hosts.size());
    servers.push_back(server);
    read_host(url, hosts.substr(0, comma), servers.back());
    if (comma == hosts.size()) return servers;
    hosts.remove_prefix(comma + 1);
  }
}

std::unique_ptr<SqlConnector> connector(const PolicyDbAddress& address) {
  if (address.url.starts_with(kSqlite)) {
    const std::string path = sqlite_path(address.url);
    open_sqlite_file(path, policy_format(), address.check);
    return std::make_unique<SqliteConnector>(path, policy_format(), address.trouble);
  }
  auto servers = mysql_servers(address.url);
  for (MysqlServer& server : servers) {
    server.tls = server.socket.empty() ? address.tls : SqlTls::Off;
    server.tls_ca_file = address.tls_ca_file;
  }
  return std::make_unique<MysqlConnector>(std::move(servers), address.password_file);
}

}  // namespace

void check_policy_db_url(std::string_view url) {
  if (url.find('\0') != std::string_view::npos) refuse(url, "has a NUL in it");
  if (url.starts_with(kSqlite))
    sqlite_path(url);
  else if (url.starts_with(kMysql))
    mysql_servers(url);
  else
    refuse(url, "is not a policy database");
}

std::unique_ptr<SqlDatabase> open_policy_db(const PolicyDbAddress& address) {
  check_policy_db_url(address.url);
  return std::make_unique<SqlDatabase>(
      connector(address), SqlPoolSettings{.connections = std::max<std::size_t>(address.connections, 1),
                                          .timeout = address.timeout});
}

}  // namespace mailreeve
