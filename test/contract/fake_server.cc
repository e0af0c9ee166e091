// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/fake_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace mailreeve {

namespace {

constexpr int kTick = 5;  // ms between checks for the end

}  // namespace

bool FakeClient::wait(short events) const {
  pollfd what{descriptor_, events, 0};
  while (!stop_)
    if (poll(&what, 1, kTick) > 0) return true;
  return false;
}

bool FakeClient::send(std::string_view octets) const {
  while (!octets.empty()) {
    if (!wait(POLLOUT)) return false;
    const auto count = ::send(descriptor_, octets.data(), octets.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (count < 0) return false;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

std::string FakeClient::receive() const {
  std::array<char, 65536> room{};
  if (!wait(POLLIN)) return "";
  const auto count = recv(descriptor_, room.data(), room.size(), 0);
  return {room.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

void FakeClient::repeat(std::string_view octets) const {
  while (send(octets)) continue;
}

FakeServer::FakeServer(std::function<void(const FakeClient&)> talk)
    : talk_(std::move(talk)), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("the fake server cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

FakeServer::~FakeServer() {
  stop_ = true;
  thread_.join();
  for (auto& talk : talks_) talk.join();
  close(listener_);
}

void FakeServer::run() {
  pollfd what{listener_, POLLIN, 0};
  while (!stop_) {
    if (poll(&what, 1, kTick) <= 0) continue;
    const int descriptor = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (descriptor < 0) continue;
    talks_.emplace_back([this, descriptor] {
      talk_(FakeClient(descriptor, stop_));
      close(descriptor);
    });
  }
}

}  // namespace mailreeve
