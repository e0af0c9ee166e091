// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/listener.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "config/socket_spec.h"
#include "milter/unix_socket_file.h"
#include "util/fail_with_errno.h"
#include "util/unix_address.h"

namespace mailreeve {

namespace {

constexpr int kBacklog = 1024;

// A socket's address in the kernel's form.
struct RawAddress {
  sockaddr_storage octets{};
  socklen_t size = sizeof(sockaddr_storage);

  sockaddr* get() { return reinterpret_cast<sockaddr*>(&octets); }
  const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&octets); }
};

RawAddress raw_address(const SocketSpec& spec) {
  RawAddress out;
  const auto fill = [&out](const auto& address) {
    static_assert(sizeof address <= sizeof out.octets);
    std::memcpy(&out.octets, &address, sizeof address);
    out.size = sizeof address;
  };
  if (spec.is_unix()) {
    // parse_socket() has seen that the path fits.
    fill(unix_address(spec.path).value());
  } else if (spec.address->is_v4()) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(spec.port));
    std::memcpy(&address.sin_addr, spec.address->octets().data(), sizeof address.sin_addr);
    fill(address);
  } else {
    sockaddr_in6 address{};
    address.sin6_family = AF_INET6;
    address.sin6_port = htons(static_cast<std::uint16_t>(spec.port));
    std::memcpy(&address.sin6_addr, spec.address->octets().data(), sizeof address.sin6_addr);
    fill(address);
  }
  return out;
}

// Accepted sockets inherit them.
void set_tcp_options(int socket) {
  const int on = 1;
  if (setsockopt(socket, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) != 0) fail_with_errno("TCP_NODELAY");
  // Ends connections whose MTA's host has died.
  if (setsockopt(socket, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on) != 0) fail_with_errno("SO_KEEPALIVE");
}

Descriptor bound(const SocketSpec& spec, const std::string& name, unsigned mode) {
  const RawAddress address = raw_address(spec);
  Descriptor out(socket(address.octets.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (out.number() < 0) fail_with_errno("socket = " + name);
  const int on = 1;
  if (!spec.is_unix() && setsockopt(out.number(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on) != 0)
    fail_with_errno("SO_REUSEADDR");
  if (address.octets.ss_family == AF_INET6 &&
      setsockopt(out.number(), IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on) != 0)
    fail_with_errno("IPV6_V6ONLY");
  // The file has its mode from its first moment.
  const mode_t old = umask(static_cast<mode_t>(~mode & 0777));
  const int result = bind(out.number(), address.get(), address.size);
  const int why = errno;
  umask(old);
  errno = why;
  if (result != 0) fail_with_errno("socket = " + name);
  return out;
}

Listener open_listener(const std::string& name, const Settings& settings) {
  const SocketSpec spec = parse_socket(name);
  if (spec.is_unix()) remove_stale_socket(spec.path);
  Listener out{.socket = bound(spec, name, settings.socket_mode), .file = spec.path};
  if (spec.is_unix()) give_socket_file(spec.path, settings);
  if (listen(out.socket.number(), kBacklog) != 0) fail_with_errno("socket = " + name);
  return out;
}

bool same_address(const RawAddress& wanted, const RawAddress& there) {
  if (wanted.octets.ss_family != there.octets.ss_family) return false;
  if (wanted.octets.ss_family != AF_UNIX)
    return wanted.size == there.size && std::memcmp(&wanted.octets, &there.octets, wanted.size) == 0;
  const auto path = [](const RawAddress& address) {
    return std::string_view(reinterpret_cast<const sockaddr_un&>(address.octets).sun_path);
  };
  return path(wanted) == path(there);
}

RawAddress address_of(const Descriptor& socket) {
  RawAddress out;
  if (getsockname(socket.number(), out.get(), &out.size) != 0)
    fail_with_errno("a socket of the service manager");
  return out;
}

bool listens(const Descriptor& socket) {
  int answer = 0;
  socklen_t size = sizeof answer;
  return getsockopt(socket.number(), SOL_SOCKET, SO_ACCEPTCONN, &answer, &size) == 0 && answer != 0;
}

std::string text_of(const RawAddress& address) {
  if (address.octets.ss_family == AF_UNIX)
    return std::string("unix:") + reinterpret_cast<const sockaddr_un&>(address.octets).sun_path;
  const bool v4 = address.octets.ss_family == AF_INET;
  const auto& in4 = reinterpret_cast<const sockaddr_in&>(address.octets);
  const auto& in6 = reinterpret_cast<const sockaddr_in6&>(address.octets);
  char host[INET6_ADDRSTRLEN] = "";
  inet_ntop(address.octets.ss_family, v4 ? static_cast<const void*>(&in4.sin_addr) : &in6.sin6_addr, host,
            sizeof host);
  return std::string(v4 ? "inet:" : "inet6:") + std::to_string(ntohs(v4 ? in4.sin_port : in6.sin6_port)) +
         "@" + host;
}

}  // namespace

std::vector<Listener> open_listeners(const Settings& settings, std::vector<Descriptor> passed) {
  std::vector<Listener> out;
  for (const auto& name : settings.sockets) {
    const RawAddress wanted = raw_address(parse_socket(name));
    const auto found = std::find_if(passed.begin(), passed.end(), [&](const Descriptor& socket) {
      return same_address(wanted, address_of(socket));
    });
    if (found == passed.end()) {
      out.push_back(open_listener(name, settings));
    } else {
      if (!listens(*found))
        throw std::runtime_error("the service manager opened " + name +
                                 " as a socket that takes no connections");
      if (fcntl(found->number(), F_SETFL, O_NONBLOCK) != 0) fail_with_errno("socket = " + name);
      out.push_back({.socket = std::move(*found), .file = {}, .passed = true});
      passed.erase(found);
    }
    if (!parse_socket(name).is_unix()) set_tcp_options(out.back().socket.number());
  }
  if (!passed.empty())
    throw std::runtime_error("the service manager opened " + text_of(address_of(passed.front())) +
                             ", which the option socket does not name");
  return out;
}

}  // namespace mailreeve
