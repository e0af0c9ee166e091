// SPDX-License-Identifier: BSD-2-Clause
// A server on 127.0.0.1 that says to each of its clients what a test wants.
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

// One client of it. Nothing here waits longer than the server lives.
class FakeClient {
 public:
  FakeClient(int descriptor, const std::atomic<bool>& stop) : descriptor_(descriptor), stop_(stop) {}

  int descriptor() const { return descriptor_; }
  // False once the client has gone, or the server is to end.
  bool send(std::string_view octets) const;
  // What the client says next; empty at its end.
  std::string receive() const;
  // Until the client has gone, or the server is to end.
  void repeat(std::string_view octets) const;

 private:
  bool wait(short events) const;
  const int descriptor_;
  const std::atomic<bool>& stop_;
};

class FakeServer {
 public:
  // `talk` is called in a thread for each client.
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
  std::vector<std::thread> talks_;  // the thread's
  std::thread thread_;
};

}  // namespace mailreeve

#endif
