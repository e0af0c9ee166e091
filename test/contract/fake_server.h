// SPDX-License-Identifier: BSD-2-Clause
// A server on 127.0.0.1 that sends what a test wants to each client.
#ifndef MAILREEVE_TEST_CONTRACT_FAKE_SERVER_H
#define MAILREEVE_TEST_CONTRACT_FAKE_SERVER_H

#include <atomic>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace mailreeve {

// One of its clients. No call here waits after the server's end.
class FakeClient {
 public:
  FakeClient(int descriptor, const std::atomic<bool>& stop) : descriptor_(descriptor), stop_(stop) {}

  int descriptor() const { return descriptor_; }
  // Returns false once the client has gone or the server must end.
  bool send(std::string_view octets) const;
  // Returns what the client sends next; empty at its end.
  std::string receive() const;
  // Repeats until the client has gone or the server must end.
  void repeat(std::string_view octets) const;

 private:
  bool wait(short events) const;
  const int descriptor_;
  const std::atomic<bool>& stop_;
};

class FakeServer {
 public:
  // Calls `talk` in a thread for each client.
  explicit FakeServer(std::function<void(const FakeClient&)> talk);
  ~FakeServer();
  FakeServer(const FakeServer&) = delete;
  FakeServer& operator=(const FakeServer&) = delete;

  std::uint16_t port() const { return port_; }
  std::string host_port() const { return "127.0.0.1:" + std::to_string(port_); }

 private:
  void run();

  const std::function<void(const FakeClient&)> talk_;
  const int listener_;
  std::uint16_t port_ = 0;
  std::atomic<bool> stop_{false};
  std::vector<std::thread> talks_;  // used by `thread_` only
  std::thread thread_;
};

}  // namespace mailreeve

#endif
