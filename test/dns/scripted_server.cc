// SPDX-License-Identifier: BSD-2-Clause
#include "test/dns/scripted_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <stdexcept>

#include "core/idna.h"

namespace mailreeve::test {

namespace {

constexpr std::size_t kHeader = 12;
constexpr char kCompressedName[] = "\xC0\x0C";  // refers to the name in the question

std::size_t octet(char c) { return static_cast<unsigned char>(c); }

std::string two_octets(std::size_t value) {
  return {static_cast<char>(value >> 8 & 0xFF), static_cast<char>(value & 0xFF)};
}

// libunbound sends well-formed packets, so anything else is an error in the test.
std::size_t end_of_name(const std::string& packet) {
  std::size_t at = kHeader;
  while (octet(packet.at(at)) != 0) at += octet(packet.at(at)) + 1;
  return at + 1;
}

std::string name_in(const std::string& packet) {
  std::string name;
  for (std::size_t at = kHeader; octet(packet.at(at)) != 0; at += octet(packet.at(at)) + 1) {
    if (!name.empty()) name += '.';
    name += packet.substr(at + 1, octet(packet.at(at)));
  }
  return ascii_lower(name);
}

std::string question_in(const std::string& packet) {
  return packet.substr(kHeader, end_of_name(packet) + 4 - kHeader);
}

// QR, RD and RA: the answer of a recursive server (RFC 1035 section 4.1.1).
std::string header(const Query& query, unsigned code, unsigned answers) {
  return query.packet.substr(0, 2) + two_octets(0x8180 | code) + two_octets(1) + two_octets(answers) +
         two_octets(0) + two_octets(0);
}

}  // namespace

std::string silence(const Query& /*query*/) { return {}; }

std::string rcode(const Query& query, unsigned code) {
  return header(query, code, 0) + question_in(query.packet);
}

std::string record(const Query& query, std::string_view rdata, unsigned char ttl) {
  const auto question = question_in(query.packet);
  const auto type_and_class = question.substr(question.size() - 4);
  return header(query, 0, 1) + question + kCompressedName + type_and_class + two_octets(0) + two_octets(ttl) +
         two_octets(rdata.size()) + std::string(rdata);
}

std::string address(const Query& query) { return address_with_ttl(query, 60); }

std::string address_with_ttl(const Query& query, unsigned char ttl) {
  return record(query, std::string_view("\xC0\x00\x02\x01", 4), ttl);
}

Reply address_after(const Query& query, Milliseconds delay) { return {address(query), delay}; }

ScriptedServer::ScriptedServer(Script script) : script_(std::move(script)) {
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in any{};
  any.sin_family = AF_INET;
  any.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&any), sizeof any) != 0 ||
      pipe2(stop_pipe_.data(), O_CLOEXEC) != 0)
    throw std::runtime_error("no socket for a DNS server");
  thread_ = std::thread(&ScriptedServer::serve, this);
}

ScriptedServer::~ScriptedServer() {
  close(stop_pipe_[1]);
  thread_.join();
  close(stop_pipe_[0]);
  close(socket_);
}

std::string ScriptedServer::server() const {
  sockaddr_in bound{};
  socklen_t size = sizeof bound;
  getsockname(socket_, reinterpret_cast<sockaddr*>(&bound), &size);
  return "127.0.0.1@" + std::to_string(ntohs(bound.sin_port));
}

void ScriptedServer::follow(Script script) {
  const std::lock_guard lock(mutex_);
  script_ = std::move(script);
}

int ScriptedServer::asked(const std::string& name) const {
  const std::lock_guard lock(mutex_);
  const auto found = asked_.find(name);
  return found == asked_.end() ? 0 : found->second;
}

int ScriptedServer::asked() const {
  const std::lock_guard lock(mutex_);
  int sum = 0;
  for (const auto& [name, count] : asked_) sum += count;
  return sum;
}

Reply ScriptedServer::reply(const std::string& packet) {
  const Query query{packet, name_in(packet)};
  Script script;
  {
    const std::lock_guard lock(mutex_);
    ++asked_[query.name];
    script = script_;
  }
  return script(query);
}

// Milliseconds, for poll().
int ScriptedServer::until_next() const {
  if (later_.empty()) return -1;
  const auto left = later_.begin()->first - std::chrono::steady_clock::now();
  return static_cast<int>(std::max(std::chrono::ceil<Milliseconds>(left), Milliseconds(0)).count());
}

void ScriptedServer::take() {
  std::array<char, 4096> buffer{};
  sockaddr_in client{};
  socklen_t size = sizeof client;
  const auto got =
      recvfrom(socket_, buffer.data(), buffer.size(), 0, reinterpret_cast<sockaddr*>(&client), &size);
  if (got <= 0) return;
  auto answer = reply({buffer.data(), static_cast<std::size_t>(got)});
  if (answer.packet.empty()) return;
  later_.emplace(std::chrono::steady_clock::now() + answer.after,
                 std::pair(std::move(answer.packet), client));
}

void ScriptedServer::give(const std::string& packet, const sockaddr_in& client) const {
  sendto(socket_, packet.data(), packet.size(), 0, reinterpret_cast<const sockaddr*>(&client), sizeof client);
}

void ScriptedServer::serve() {
  std::array<pollfd, 2> fds{{{socket_, POLLIN, 0}, {stop_pipe_[0], POLLIN, 0}}};
  while (poll(fds.data(), fds.size(), until_next()) >= 0 && fds[1].revents == 0) {
    if (fds[0].revents != 0) take();
    while (!later_.empty() && later_.begin()->first <= std::chrono::steady_clock::now()) {
      give(later_.begin()->second.first, later_.begin()->second.second);
      later_.erase(later_.begin());
    }
  }
}

}  // namespace mailreeve::test
