// SPDX-License-Identifier: BSD-2-Clause
// Real Redis servers for tests, on their own ports and in their own directory, without
// persistence, removed with these objects. If there is no redis-server, a program that
// includes this skips all its tests, or fails if the environment has CI=true.
#ifndef MAILREEVE_TEST_CONTRACT_REDIS_SERVER_H
#define MAILREEVE_TEST_CONTRACT_REDIS_SERVER_H

#include <sys/types.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "store/redis/connection.h"
#include "test/contract/temp_directory.h"

namespace mailreeve {

// A port on which nothing listens now.
std::uint16_t free_port();
// Waits, for some seconds at most, until `is_so` holds; throws if it does not. A BackendError
// counts as false: a Sentinel drops all connections of a server that changes its role.
void wait_until(const std::string& what, const std::function<bool()>& is_so);

class RedisProcess {
 public:
  using Words = std::vector<std::string>;

  // Returns when the server answers. `options` are words of its command line.
  explicit RedisProcess(Words options = {}) : RedisProcess(std::move(options), "") {}
  ~RedisProcess();
  RedisProcess(const RedisProcess&) = delete;
  RedisProcess& operator=(const RedisProcess&) = delete;

  // A Sentinel with this configuration.
  static std::unique_ptr<RedisProcess> sentinel(const std::string& configuration);

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  std::string url() const { return "redis://" + host_port(); }
  std::string socket() const { return directory_.file("redis.sock"); }
  const std::string& directory() const { return directory_.path(); }

  // Uses a new connection.
  RedisReply command(const RedisCommand& command, const RedisLogin& login = {}) const;
  // Returns a line of INFO, such as "role"; empty if there is none.
  std::string info(const std::string& section, const std::string& name) const;
  // How often commands of this name have been executed.
  long calls(const std::string& name) const;

  void send_signal(int number) const;
  // SIGKILL.
  void kill();
  // Starts the server again on the same port.
  void start();

 private:
  RedisProcess(Words options, const std::string& sentinel);

  TempDirectory directory_;
  std::uint16_t port_;
  Words command_line_;
  pid_t process_ = -1;
};

// A master, a replica, and three Sentinels that call them "mymaster".
class RedisSentinels {
 public:
  RedisSentinels();
  std::string url() const;
  // The server that all Sentinels call the master.
  RedisProcess& master() const;
  // Kills the master, and returns when the other server serves.
  void fail_over();
  const std::vector<std::unique_ptr<RedisProcess>>& servers() const { return servers_; }
  const std::vector<std::unique_ptr<RedisProcess>>& sentinels() const { return sentinels_; }

 private:
  bool agree_on(std::uint16_t port) const;
  std::vector<std::unique_ptr<RedisProcess>> servers_;
  std::vector<std::unique_ptr<RedisProcess>> sentinels_;
};

// Three masters, and as many replicas if requested.
class RedisClusterServers {
 public:
  explicit RedisClusterServers(bool replicas = false);
  std::string url() const;
  void flush() const;
  const std::vector<std::unique_ptr<RedisProcess>>& nodes() const { return nodes_; }
  // The master of the slot, according to the first node that answers.
  RedisProcess& owner(unsigned slot) const;

 private:
  bool ready() const;
  std::vector<std::unique_ptr<RedisProcess>> nodes_;
};

}  // namespace mailreeve

#endif
