// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/mysql_connector.h"

#include "store/sql/mysql_connection.h"
#include "util/secret_file.h"

namespace mailreeve {

namespace {

std::string read_password(const std::string& file) try {
  return file.empty() ? "" : read_secret_file(file);
} catch (const SecretFileError& error) {
  throw SqlError(SqlError::Kind::Denied, error.what());
}

}  // namespace

MysqlConnector::MysqlConnector(std::vector<MysqlServer> servers, std::string password_file)
    : servers_(std::move(servers)), password_file_(std::move(password_file)) {
  initialise_mysql();
}

std::unique_ptr<SqlConnection> MysqlConnector::connect(std::atomic<std::size_t>& first_of,
                                                       Deadline deadline) {
  const std::string password = read_password(password_file_);
  const std::size_t first = first_of;
  std::size_t denied = 0;
  std::string troubles;
  for (std::size_t tried = 0; tried < servers_.size() && !deadline.passed(); ++tried) {
    const std::size_t at = (first + tried) % servers_.size();
    MysqlServer server = servers_[at];
    server.password = password;
    const auto share = deadline.left() / static_cast<int>(servers_.size() - tried);
    try {
      auto connection = std::make_unique<MysqlConnection>(server, at, watch_, deadline.within(share));
      first_of = at;
      connection->set_deadline(deadline);
      return connection;
    } catch (const SqlError& error) {
      begin_behind(first_of, at);
      denied += error.kind() == SqlError::Kind::Denied ? 1 : 0;
      troubles += (troubles.empty() ? "" : "; ") + std::string(error.what());
    }
  }
  throw SqlError(denied == servers_.size() ? SqlError::Kind::Denied : SqlError::Kind::Lost,
                 troubles.empty() ? "no time left to connect" : troubles);
}

bool MysqlConnector::pass_over(std::size_t server) {
  begin_behind(first_for_changes_, server);
  return servers_.size() > 1;
}

void MysqlConnector::begin_behind(std::atomic<std::size_t>& first, std::size_t failed) const {
  std::size_t expected = failed;
  first.compare_exchange_strong(expected, (failed + 1) % servers_.size());
}

}  // namespace mailreeve
