// SPDX-License-Identifier: BSD-2-Clause
#include "store/mysql_connector.h"

#include <fstream>

#include "store/mysql_connection.h"

namespace mailreeve {

namespace {

std::string read_password(const std::string& path) {
  if (path.empty()) return {};
  std::ifstream file(path);
  std::string password;
  if (!std::getline(file, password))
    throw SqlError(SqlError::Kind::Lost, "cannot read a password from " + path);
  if (password.ends_with('\r')) password.pop_back();
  return password;
}

}  // namespace

MysqlConnector::MysqlConnector(std::vector<MysqlServer> servers, std::string password_file)
    : servers_(std::move(servers)), password_file_(std::move(password_file)) {
  initialise_mysql();
}

std::unique_ptr<SqlConnection> MysqlConnector::connect(Deadline deadline) {
  const std::string password = read_password(password_file_);
  const std::size_t first = last_;
  std::string troubles;
  for (std::size_t tried = 0; tried < servers_.size() && !deadline.passed(); ++tried) {
    const std::size_t at = (first + tried) % servers_.size();
    MysqlServer server = servers_[at];
    server.password = password;
    const auto share = deadline.left() / static_cast<int>(servers_.size() - tried);
    try {
      auto connection = std::make_unique<MysqlConnection>(server, watch_, deadline.within(share));
      last_ = at;
      connection->set_deadline(deadline);
      return connection;
    } catch (const SqlError& error) {
      troubles += (troubles.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw SqlError(SqlError::Kind::Lost, troubles.empty() ? "no time left to connect" : troubles);
}

}  // namespace mailreeve
