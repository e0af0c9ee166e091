// SPDX-License-Identifier: BSD-2-Clause
// Sits between a client and a server and does to their connections what networks do.
#ifndef MAILREEVE_TEST_CONTRACT_TCP_PROXY_H
#define MAILREEVE_TEST_CONTRACT_TCP_PROXY_H

#include <atomic>
#include <cstdint>
#include <string>
#include <thread>
#include <vector>

#include "util/guarded.h"
#include "util/time.h"

namespace mailreeve {

class TcpProxy {
 public:
  // Forwards to this port of 127.0.0.1.
  explicit TcpProxy(std::uint16_t target);
  ~TcpProxy();
  TcpProxy(const TcpProxy&) = delete;
  TcpProxy& operator=(const TcpProxy&) = delete;

  enum class Answers {
    Pass,
    Drop,     // answers never arrive
    Greet,    // like Drop, except for the first answer of each connection
    Cut,      // closes the connection instead
    Replace,  // sends `octets` instead
  };
  void set(Answers answers, std::string octets = "");
  // Delays each answer.
  void delay(Milliseconds span) { delay_ = span.count(); }
  void cut_all() { cut_ = true; }
  // Open connections silently stop forwarding.
  void forget_all() { forget_ = true; }

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }
  // How often clients have sent something: their round trips.
  int requests() const { return requests_; }
  // How many connections clients have made.
  int connections() const { return connections_; }

 private:
  struct Pair {
    int client;
    int server;
    int answers = 0;
    bool forgotten = false;
  };
  struct Rule {
    Answers answers = Answers::Pass;
    std::string octets;
  };
  void run();
  void take();
  // Returns false if the connection has ended.
  bool forward_request(const Pair& pair);
  bool forward_answer(Pair& pair);

  std::uint16_t target_;
  std::uint16_t port_ = 0;
  int listener_;
  std::vector<Pair> pairs_;  // used by the thread only
  Guarded<Rule> rule_;
  std::atomic<std::int64_t> delay_{0};
  std::atomic<bool> cut_{false};
  std::atomic<bool> forget_{false};
  std::atomic<bool> stop_{false};
  std::atomic<int> requests_{0};
  std::atomic<int> connections_{0};
  std::thread thread_;
};

}  // namespace mailreeve

#endif
