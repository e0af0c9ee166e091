// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/mariadb_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <sstream>
#include <stdexcept>
#include <thread>

#include "store/policydb/open_policy_db.h"

namespace mailreeve {

namespace {

constexpr Milliseconds kPatience{20'000};

// Returns the full path; empty if there is none.
std::string find_program(const std::string& name) {
  const char* path = std::getenv("PATH");
  std::istringstream places((path == nullptr ? "" : std::string(path)) +
                            ":/usr/local/bin:/usr/bin:/usr/sbin");
  for (std::string place; std::getline(places, place, ':');) {
    const std::string file = place + "/" + name;
    if (!place.empty() && access(file.c_str(), X_OK) == 0) return file;
  }
  return "";
}

// Runs before the first test: without these programs, there is nothing to test.
const std::string kServer = [] {
  const std::string program = find_program("mariadbd");
  if (!program.empty() && !find_program("mariadb-install-db").empty()) return program;
  const char* ci = std::getenv("CI");
  const bool wanted = ci != nullptr && std::string(ci) == "true";
  std::cout << (wanted ? "Bail out! mariadbd is not installed" : "1..0 # SKIP mariadbd is not installed")
            << std::endl;
  std::exit(wanted ? 1 : 0);
}();

// The program's output goes to `log`.
pid_t run(const std::vector<std::string>& words, const std::string& log) {
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int output = open(log.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  const pid_t parent = getpid();
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error("fork failed");
  if (process > 0) {
    close(nothing);
    close(output);
    return process;
  }
  // The server must not outlive a test program that crashes.
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(1);
  dup2(nothing, 0);
  dup2(output, 1);
  dup2(output, 2);
  execv(arguments[0], arguments.data());
  _exit(127);
}

// The server refuses to run as root unless told to.
std::string user_option() {
  const passwd* user = getpwuid(geteuid());
  return std::string("--user=") + (user == nullptr ? "root" : user->pw_name);
}

}  // namespace

std::uint16_t unused_port() {
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

MariadbServer::MariadbServer(std::vector<std::string> options)
    : port_(unused_port()), options_(std::move(options)) {
  const pid_t installer =
      run({find_program("mariadb-install-db"), "--no-defaults", "--datadir=" + directory_.file("data"),
           "--auth-root-authentication-method=normal", "--skip-test-db", user_option()},
          directory_.file("install.log"));
  int status = 0;
  waitpid(installer, &status, 0);
  if (status != 0) throw std::runtime_error("mariadb-install-db failed");
  start();
}

MariadbServer::~MariadbServer() { kill(); }

MariadbServer& MariadbServer::shared() {
  static MariadbServer server;
  return server;
}

// Its data must survive its own death but not the machine's, so it need not wait for the disk.
void MariadbServer::start() {
  std::vector<std::string> words{kServer,
                                 "--no-defaults",
                                 "--datadir=" + directory_.file("data"),
                                 "--socket=" + socket(),
                                 "--pid-file=" + directory_.file("pid"),
                                 "--port=" + std::to_string(port_),
                                 "--bind-address=127.0.0.1",
                                 "--skip-log-bin",
                                 "--innodb-buffer-pool-size=16M",
                                 "--innodb-log-file-size=8M",
                                 "--innodb-flush-log-at-trx-commit=2",
                                 "--max-connections=50",
                                 user_option()};
  words.insert(words.end(), options_.begin(), options_.end());
  process_ = run(words, directory_.file("server.log"));
  const Deadline end(kPatience);
  while (!answers()) {
    if (end.passed() || waitpid(process_, nullptr, WNOHANG) != 0)
      throw std::runtime_error("mariadbd does not start");
    std::this_thread::sleep_for(Milliseconds(50));
  }
}

bool MariadbServer::answers() const {
  try {
    execute({"DO 1"});
    return true;
  } catch (const BackendError&) {
    return false;
  }
}

void MariadbServer::execute(const std::vector<std::string>& statements) const {
  const auto database = open_policy_db({.url = url("mysql"), .timeout = Milliseconds(30'000)});
  database->read(Deadline(Milliseconds(30'000)), [&](SqlConnection& connection) {
    for (const auto& statement : statements) connection.change(statement);
  });
}

std::string MariadbServer::make_database(const std::string& options) const {
  static std::atomic<int> made{0};
  const std::string name = "test" + std::to_string(++made);
  execute({"CREATE DATABASE " + name + " " + options});
  return name;
}

// On a busy machine, its threads may keep running for a while.
void MariadbServer::send_signal(int number) const {
  ::kill(process_, number);
  if (number == SIGSTOP) waitpid(process_, nullptr, WUNTRACED);
}

void MariadbServer::kill() {
  if (process_ <= 0) return;
  send_signal(SIGKILL);
  waitpid(process_, nullptr, 0);
  process_ = -1;
}

}  // namespace mailreeve
