// SPDX-License-Identifier: BSD-2-Clause
// A real MariaDB for tests, in its own directory and on its own port and socket,
// removed with this object. If there is no mariadbd, a program that includes
// this skips all its tests, or fails if the environment has CI=true.
#ifndef MAILREEVE_TEST_CONTRACT_MARIADB_SERVER_H
#define MAILREEVE_TEST_CONTRACT_MARIADB_SERVER_H

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "store/sql/sql.h"
#include "test/contract/temp_directory.h"

namespace mailreeve {

class MariadbServer {
 public:
  // Returns when the server answers, after some seconds. `options` are words of its command line.
  explicit MariadbServer(std::vector<std::string> options = {});
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // A server for all tests of a program.
  static MariadbServer& shared();

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string socket() const { return directory_.file("sock"); }
  const TempDirectory& directory() const { return directory_; }
  // The superuser's URL, through the socket.
  std::string url(const std::string& database) const { return "mysql://root@" + socket() + ":" + database; }

  // Runs these as the superuser.
  void execute(const std::vector<std::string>& statements) const;
  // Makes an empty database with a unique name.
  std::string make_database(const std::string& options = "") const;

  // After SIGSTOP, returns once the process has stopped.
  void send_signal(int number) const;
  // SIGKILL.
  void kill();
  // Starts the server again, in the same place.
  void start();

 private:
  bool answers() const;

  TempDirectory directory_;
  const std::uint16_t port_;
  const std::vector<std::string> options_;
  pid_t process_ = -1;
};

// A port on which nothing listens now.
std::uint16_t unused_port();

}  // namespace mailreeve

#endif
