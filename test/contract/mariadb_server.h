// SPDX-License-Identifier: BSD-2-Clause
// A real MariaDB for tests: in a directory of its own, on a port and a socket of
// its own, gone when this object is. A program that includes this and finds no
// mariadbd skips all its tests, or fails where the environment has CI=true.
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
  // Returns when it answers: some seconds. `options` are words of its command line.
  explicit MariadbServer(std::vector<std::string> options = {});
  ~MariadbServer();
  MariadbServer(const MariadbServer&) = delete;
  MariadbServer& operator=(const MariadbServer&) = delete;

  // One for all the tests of a program.
  static MariadbServer& shared();

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string socket() const { return directory_.file("sock"); }
  const TempDirectory& directory() const { return directory_; }
  // Of the superuser, by the socket.
  std::string url(const std::string& database) const { return "mysql://root@" + socket() + ":" + database; }

  // As the superuser.
  void execute(const std::vector<std::string>& statements) const;
  // An empty database with a name that no other has.
  std::string make_database(const std::string& options = "") const;

  // Returns after SIGSTOP when it has stopped.
  void send_signal(int number) const;
  // SIGKILL.
  void kill();
  // Again, in the same places.
  void start();

 private:
  bool answers() const;

  TempDirectory directory_;
  const std::uint16_t port_;
  const std::vector<std::string> options_;
  pid_t process_ = -1;
};

// One that nobody listens on now.
std::uint16_t unused_port();

}  // namespace mailreeve

#endif
