// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{20000};
constexpr const char* kMaster = "mymaster";

// Returns the full path; empty if there is none.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream places((path == nullptr ? "" : std::string(path)) + ":/usr/local/bin:/usr/bin");
  for (std::string place; std::getline(places, place, ':');) {
    const std::string file = place + "/" + name;
    if (!place.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

// Runs before the first test: without this program, there is nothing to test.
const std::string kProgram = [] {
  std::string program = find_program("redis-server");
  if (!program.empty()) return program;
  const char* ci = std::getenv("CI");
  const bool wanted = ci != nullptr && std::string(ci) == "true";
  std::cout << (wanted ? "Bail out! redis-server is not installed"
                       : "1..0 # SKIP redis-server is not installed")
            << std::endl;
  std::exit(wanted ? 1 : 0);
}();

pid_t run(const std::vector<std::string>& words) {
  std::vector<char*> arguments;
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("fork failed");
  if (process > 0) {
    close(nothing);
    return process;
  }
  // The server must not outlive a test program that crashes.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  for (const int descriptor : {0, 1, 2}) dup2(nothing, descriptor);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

std::uint16_t free_port() {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  const bool good = bind(listener, generic, size) == 0 && getsockname(listener, generic, &size) == 0;
  close(listener);
  if (!good) throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

void wait_until(const std::string& what, const std::function<bool()>& is_so) {
  const Deadline end(kPatience);
  for (;; std::this_thread::sleep_for(Milliseconds(20))) {
    std::string problem;
    try {
      if (is_so()) return;
    } catch (const BackendError& error) {
      problem = std::string(": ") + error.what();
    }
    if (end.passed()) throw std::runtime_error("it takes too long until " + what + problem);
  }
}

RedisProcess::RedisProcess(Words options, const std::string& sentinel) : port_(free_port()) {
  const std::string port = std::to_string(port_);
  if (sentinel.empty()) {
    command_line_ = {kProgram,       "--port", port,        "--bind",    "127.0.0.1",
                     "--unixsocket", socket(), "--save",    "",          "--appendonly",
                     "no",           "--dir",  directory(), "--logfile", directory_.file("log")};
  } else {
    std::ofstream file(directory_.file("sentinel.conf"));
    file << "port " << port << "\nbind 127.0.0.1\ndir " << directory() << "\nlogfile "
         << directory_.file("log") << "\n"
         << sentinel;
    command_line_ = {kProgram, directory_.file("sentinel.conf"), "--sentinel"};
  }
  command_line_.insert(command_line_.end(), options.begin(), options.end());
  start();
}

RedisProcess::~RedisProcess() { kill(); }

std::unique_ptr<RedisProcess> RedisProcess::sentinel(const std::string& configuration) {
  return std::unique_ptr<RedisProcess>(new RedisProcess({}, configuration));
}

void RedisProcess::start() {
  process_ = run(command_line_);
  wait_until("Redis answers on " + host_port(), [this] {
    if (waitpid(process_, nullptr, WNOHANG) == process_) {
      process_ = -1;
      throw std::runtime_error("redis-server does not start; see its log");
    }
    try {
      // The server may require a password or TLS; any answer is enough.
      RedisServer server({.host = "127.0.0.1", .port = port_, .path = {}}, {});
      RedisConnection connection(server, Deadline(Milliseconds(500)));
      return true;
    } catch (const BackendError& error) {
      const std::string why = error.what();
      return why.find("NOAUTH") != std::string::npos ||
             why.find("connection was closed") != std::string::npos;
    }
  });
}

void RedisProcess::send_signal(int number) const {
  if (process_ > 0) ::kill(process_, number);
}

void RedisProcess::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  process_ = -1;
}

RedisReply RedisProcess::command(const RedisCommand& command, const RedisLogin& login) const {
  RedisServer server({.host = "127.0.0.1", .port = port_, .path = {}}, login);
  RedisConnection connection(server, Deadline(Milliseconds(5000)));
  return connection.command(command, Deadline(Milliseconds(5000)));
}

std::string RedisProcess::info(const std::string& section, const std::string& name) const {
  std::istringstream lines(command({"INFO", section}).text);
  for (std::string line; std::getline(lines, line);) {
    if (line.ends_with('\r')) line.pop_back();
    if (line.starts_with(name + ":")) return line.substr(name.size() + 1);
  }
  return "";
}

// "cmdstat_evalsha:calls=12,usec=...".
long RedisProcess::calls(const std::string& name) const {
  const std::string line = info("commandstats", "cmdstat_" + name);
  return line.starts_with("calls=") ? std::atol(line.c_str() + 6)
                                    : 0;  // NOLINT(cert-err34-c): Redis wrote it
}

RedisSentinels::RedisSentinels() {
  servers_.push_back(std::make_unique<RedisProcess>());
  const auto port = std::to_string(servers_[0]->port());
  servers_.push_back(std::make_unique<RedisProcess>(RedisProcess::Words{"--replicaof", "127.0.0.1 " + port}));
  // A replica that was never in sync cannot be promoted.
  wait_until("the replica is in step",
             [this] { return servers_[1]->info("replication", "master_link_status") == "up"; });
  const std::string name = std::string(kMaster) + " ";
  for (int i = 0; i < 3; ++i)
    sentinels_.push_back(RedisProcess::sentinel("sentinel monitor " + name + "127.0.0.1 " + port + " 2\n" +
                                                "sentinel down-after-milliseconds " + name + "2000\n" +
                                                "sentinel failover-timeout " + name + "3000\n"));
  wait_until("the Sentinels know all", [this] {
    for (const auto& sentinel : sentinels_) {
      const std::string line = sentinel->info("sentinel", "master0");
      if (line.find("slaves=1,sentinels=3") == std::string::npos) return false;
    }
    return true;
  });
}

std::string RedisSentinels::url() const {
  std::string out = "redis+sentinel://";
  for (const auto& sentinel : sentinels_)
    out += (sentinel == sentinels_[0] ? "" : ",") + sentinel->host_port();
  return out + "/" + kMaster;
}

bool RedisSentinels::agree_on(std::uint16_t port) const {
  for (const auto& sentinel : sentinels_) {
    const RedisReply reply = sentinel->command({"SENTINEL", "get-master-addr-by-name", kMaster});
    if (reply.elements.size() != 2 || reply.elements[1].text != std::to_string(port)) return false;
  }
  return true;
}

RedisProcess& RedisSentinels::master() const {
  for (const auto& server : servers_)
    if (agree_on(server->port())) return *server;
  throw std::runtime_error("the Sentinels do not agree");
}

void RedisSentinels::fail_over() {
  RedisProcess& before = master();
  const auto& after = &before == servers_[0].get() ? servers_[1] : servers_[0];
  before.kill();
  wait_until("the replica is promoted",
             [&] { return agree_on(after->port()) && after->info("replication", "role") == "master"; });
}

RedisClusterServers::RedisClusterServers(bool replicas) {
  constexpr int kMasters = 3;
  // Without replicas to promote, a busy machine must not make nodes give each other up.
  const std::string patience = replicas ? "1000" : "15000";
  for (int i = 0; i < (replicas ? 2 : 1) * kMasters; ++i)
    nodes_.push_back(std::make_unique<RedisProcess>(
        RedisProcess::Words{"--cluster-enabled", "yes", "--cluster-port", std::to_string(free_port()),
                            "--cluster-node-timeout", patience, "--cluster-replica-validity-factor", "0"}));
  for (int i = 0; i < kMasters; ++i) {
    const auto from = std::to_string(16384 * i / kMasters);
    const auto to = std::to_string(16384 * (i + 1) / kMasters - 1);
    nodes_[static_cast<std::size_t>(i)]->command({"CLUSTER", "ADDSLOTSRANGE", from, to});
  }
  for (std::size_t i = 0; i < nodes_.size(); ++i)
    nodes_[i]->command({"CLUSTER", "SET-CONFIG-EPOCH", std::to_string(i + 1)});
  for (std::size_t i = 1; i < nodes_.size(); ++i) {
    const auto bus = nodes_[i]->command({"CONFIG", "GET", "cluster-port"}).elements.at(1).text;
    nodes_[0]->command({"CLUSTER", "MEET", "127.0.0.1", std::to_string(nodes_[i]->port()), bus});
  }
  wait_until("the cluster is complete", [this] { return ready(); });
  for (std::size_t i = kMasters; i < nodes_.size(); ++i) {
    const auto master = nodes_[i - kMasters]->command({"CLUSTER", "MYID"}).text;
    // Each such command would restart it.
    wait_until("a node knows its master", [&] {
      return !nodes_[i]->command({"CLUSTER", "REPLICATE", master}).is(RedisReply::Type::Error);
    });
    wait_until("a replica is in step",
               [&] { return nodes_[i]->info("replication", "master_link_status") == "up"; });
  }
}

bool RedisClusterServers::ready() const {
  const std::string all = "cluster_known_nodes:" + std::to_string(nodes_.size()) + "\r";
  for (const auto& node : nodes_) {
    const std::string state = node->command({"CLUSTER", "INFO"}).text;
    if (state.find("cluster_state:ok") == std::string::npos || state.find(all) == std::string::npos)
      return false;
  }
  return true;
}

std::string RedisClusterServers::url() const {
  std::string out = "redis+cluster://";
  for (const auto& node : nodes_) out += (node == nodes_[0] ? "" : ",") + node->host_port();
  return out;
}

void RedisClusterServers::flush() const {
  for (const auto& node : nodes_) node->command({"FLUSHALL"});
}

RedisProcess& RedisClusterServers::owner(unsigned slot) const {
  for (const auto& teller : nodes_) {
    RedisReply slots;
    try {
      slots = teller->command({"CLUSTER", "SLOTS"});
    } catch (const BackendError&) {
      continue;
    }
    for (const auto& range : slots.elements) {
      if (range.elements[0].integer > slot || range.elements[1].integer < slot) continue;
      for (const auto& node : nodes_)
        if (range.elements[2].elements[1].integer == node->port()) return *node;
    }
  }
  throw std::runtime_error("nobody has the slot");
}

}  // namespace mailreeve
