// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/tcp_proxy.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>

namespace mailreeve {

namespace {

constexpr int kTick = 5;  // ms between checks for changes by the test

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

void send_all(int descriptor, std::string_view octets) {
  while (!octets.empty()) {
    const auto count = send(descriptor, octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count <= 0) return;
    octets.remove_prefix(static_cast<std::size_t>(count));
  }
}

std::string receive(int descriptor) {
  std::array<char, 65536> room{};
  const auto count = recv(descriptor, room.data(), room.size(), 0);
  return {room.data(), count > 0 ? static_cast<std::size_t>(count) : 0};
}

}  // namespace

TcpProxy::TcpProxy(std::uint16_t target)
    : target_(target), listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  sockaddr_in address = loopback(0);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener_, generic, size) != 0 || listen(listener_, 64) != 0 ||
      getsockname(listener_, generic, &size) != 0)
    throw std::runtime_error("the proxy cannot listen");
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { run(); });
}

TcpProxy::~TcpProxy() {
  stop_ = true;
  thread_.join();
  close(listener_);
}

void TcpProxy::set(Answers answers, std::string octets) {
  auto rule = rule_.lock();
  rule->answers = answers;
  rule->octets = std::move(octets);
}

void TcpProxy::run() {
  const auto end = [](const Pair& pair) {
    close(pair.client);
    close(pair.server);
  };
  while (!stop_) {
    std::vector<pollfd> wanted{{.fd = listener_, .events = POLLIN, .revents = 0}};
    for (const Pair& pair : pairs_) {
      wanted.push_back({.fd = pair.client, .events = POLLIN, .revents = 0});
      wanted.push_back({.fd = pair.server, .events = POLLIN, .revents = 0});
    }
    poll(wanted.data(), wanted.size(), kTick);
    std::vector<Pair> rest;
    const bool cut = cut_.exchange(false);
    const bool forget = forget_.exchange(false);
    for (std::size_t i = 0; i < pairs_.size(); ++i) {
      bool open = !cut;
      pairs_[i].forgotten = pairs_[i].forgotten || forget;
      if (open && wanted[2 * i + 1].revents != 0) open = forward_request(pairs_[i]);
      if (open && wanted[2 * i + 2].revents != 0) open = forward_answer(pairs_[i]);
      if (open)
        rest.push_back(pairs_[i]);
      else
        end(pairs_[i]);
    }
    pairs_ = rest;
    if (wanted[0].revents != 0) take();
  }
  for (const Pair& pair : pairs_) end(pair);
}

void TcpProxy::take() {
  const Pair pair{.client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC),
                  .server = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)};
  const sockaddr_in address = loopback(target_);
  const int on = 1;
  for (const int descriptor : {pair.client, pair.server})
    setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  ++connections_;
  if (connect(pair.server, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    pairs_.push_back(pair);
    return;
  }
  close(pair.client);
  close(pair.server);
}

bool TcpProxy::forward_request(const Pair& pair) {
  const std::string octets = receive(pair.client);
  if (octets.empty()) return false;
  ++requests_;
  if (!pair.forgotten) send_all(pair.server, octets);
  return true;
}

bool TcpProxy::forward_answer(Pair& pair) {
  std::string octets = receive(pair.server);
  if (octets.empty()) return false;
  std::this_thread::sleep_for(Milliseconds(delay_));
  const Rule rule = *rule_.lock();
  if (rule.answers == Answers::Cut) return false;
  if (rule.answers == Answers::Replace) octets = rule.octets;
  const bool first = pair.answers++ == 0;
  const bool drop = rule.answers == Answers::Drop || (rule.answers == Answers::Greet && !first);
  if (!drop && !pair.forgotten) send_all(pair.client, octets);
  return true;
}

}  // namespace mailreeve
