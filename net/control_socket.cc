// SPDX-License-Identifier: BSD-2-Clause
#include "net/control_socket.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <stdexcept>
#include <utility>

#include "util/descriptor.h"
#include "util/fail_with_errno.h"
#include "util/unix_address.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMostCommand = 256;
constexpr std::size_t kMostAnswer = std::size_t{1} << 20;
constexpr Milliseconds kPatience{1000};

[[noreturn]] void fail(const std::string& path, const std::string& what) {
  fail_with_errno("control-socket " + path + ": " + what);
}

sockaddr_un address_of(const std::string& path) {
  if (const auto out = unix_address(path)) return *out;
  errno = ENAMETOOLONG;
  fail(path, "bind");
}

Descriptor new_socket(const std::string& path) {
  Descriptor out(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (out.number() < 0) fail(path, "socket");
  return out;
}

bool connect_to(const Descriptor& socket, const std::string& path) {
  const sockaddr_un address = address_of(path);
  return connect(socket.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

bool wait_for(int descriptor, short events, const Deadline& deadline) {
  pollfd what{descriptor, events, 0};
  return poll(&what, 1, static_cast<int>(deadline.left().count())) == 1;
}

// Reads up to the end of the line. Returns nullopt if no end comes, or the line is too long.
std::optional<std::string> read_line(int descriptor, std::size_t most, const Deadline& deadline) {
  std::string out;
  while (out.size() <= most && !deadline.passed() && wait_for(descriptor, POLLIN, deadline)) {
    char buffer[4096];
    const ssize_t got = read(descriptor, buffer, sizeof buffer);
    if (got <= 0) return std::nullopt;
    out.append(buffer, static_cast<std::size_t>(got));
    if (const auto end = out.find('\n'); end != std::string::npos) return out.substr(0, end);
  }
  return std::nullopt;
}

bool write_line(int descriptor, std::string text, const Deadline& deadline) {
  text += '\n';
  std::string_view rest = text;
  while (!rest.empty() && wait_for(descriptor, POLLOUT, deadline)) {
    const ssize_t sent = send(descriptor, rest.data(), rest.size(), MSG_NOSIGNAL);
    if (sent < 0) return false;
    rest.remove_prefix(static_cast<std::size_t>(sent));
  }
  return rest.empty();
}

// Removes the socket only if no process listens on it.
void remove_stale(const std::string& path) {
  struct stat found {};
  if (lstat(path.c_str(), &found) != 0) return;
  if (!S_ISSOCK(found.st_mode)) {
    errno = EEXIST;
    fail(path, "is no socket");
  }
  if (connect_to(new_socket(path), path)) {
    errno = EADDRINUSE;
    fail(path, "another daemon listens there");
  }
  unlink(path.c_str());
}

}  // namespace

ControlSocket::ControlSocket(std::string path) : path_(std::move(path)) {
  if (path_.empty()) return;
  remove_stale(path_);
  Descriptor listening = new_socket(path_);
  const sockaddr_un address = address_of(path_);
  if (bind(listening.number(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
    fail(path_, "bind");
  // Before any client can connect.
  if (chmod(path_.c_str(), 0600) != 0) fail(path_, "chmod");
  if (listen(listening.number(), 16) != 0) fail(path_, "listen");
  descriptor_ = listening.release();
}

void ControlSocket::close() {
  if (descriptor_ < 0) return;
  ::close(std::exchange(descriptor_, -1));
  unlink(path_.c_str());
}

bool ControlSocket::serve(const std::function<std::string(std::string_view)>& answer) {
  const Descriptor caller(accept4(descriptor_, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
  if (caller.number() < 0) return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
  const auto command = read_line(caller.number(), kMostCommand, Deadline(kPatience));
  if (command) write_line(caller.number(), answer(*command), Deadline(kPatience));
  return true;
}

std::optional<std::string> ask_daemon(const std::string& path, std::string_view command,
                                      Milliseconds patience) {
  if (path.empty()) return std::nullopt;
  const Descriptor socket = new_socket(path);
  if (!connect_to(socket, path)) {
    if (errno == ENOENT || errno == ECONNREFUSED) return std::nullopt;
    fail(path, "connect");
  }
  const Deadline deadline(patience);
  if (!write_line(socket.number(), std::string(command), deadline)) fail(path, "the daemon takes no command");
  auto out = read_line(socket.number(), kMostAnswer, deadline);
  if (!out) throw std::runtime_error("control-socket " + path + ": the daemon does not answer");
  return out;
}

}  // namespace mailreeve
