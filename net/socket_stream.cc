// SPDX-License-Identifier: BSD-2-Clause
#include "net/socket_stream.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <system_error>

#include "util/unix_address.h"
#include "util/wait_mark.h"

namespace mailreeve {

namespace {

constexpr const char* kTooLate = "no answer before the deadline";

std::string text_of(int error) { return std::generic_category().message(error); }

// Returns false if the deadline passes first.
bool poll_until(std::span<pollfd> what, Deadline deadline) {
  mark_wait();
  for (;;) {
    const auto left =
        std::chrono::duration_cast<std::chrono::nanoseconds>(deadline.at() - SteadyClock::now());
    const auto nanos = std::max<std::int64_t>(left.count(), 0);
    const timespec patience{.tv_sec = nanos / 1'000'000'000, .tv_nsec = nanos % 1'000'000'000};
    const int ready = ppoll(what.data(), what.size(), &patience, nullptr);
    if (ready > 0) return true;
    if (ready < 0 && errno != EINTR) throw StreamError(text_of(errno));
    if (ready == 0 && deadline.passed()) return false;
  }
}

void set_options(int descriptor, int family) {
  if (family == AF_UNIX) return;
  const int on = 1;
  // Requests are small, and each waits for its answer.
  setsockopt(descriptor, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  setsockopt(descriptor, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof on);
}

// Connection attempts in progress. Closes all but the winner.
class Attempts {
 public:
  Attempts() = default;
  Attempts(const Attempts&) = delete;
  Attempts& operator=(const Attempts&) = delete;
  ~Attempts() {
    for (const pollfd& entry : open_) close(entry.fd);
  }

  void begin(const sockaddr* address, socklen_t size) {
    const int descriptor = socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (descriptor < 0) {
      error_ = errno;
      return;
    }
    set_options(descriptor, address->sa_family);
    if (::connect(descriptor, address, size) != 0 && errno != EINPROGRESS) {
      error_ = errno;
      close(descriptor);
      return;
    }
    open_.push_back({.fd = descriptor, .events = POLLOUT, .revents = 0});
  }

  int first(Deadline deadline) {
    while (!open_.empty()) {
      if (!poll_until(open_, deadline)) throw StreamError(kTooLate);
      const auto ready =
          std::find_if(open_.begin(), open_.end(), [](const pollfd& p) { return p.revents != 0; });
      const int descriptor = ready->fd;
      open_.erase(ready);
      socklen_t size = sizeof error_;
      if (getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &error_, &size) == 0 && error_ == 0) return descriptor;
      close(descriptor);
    }
    throw StreamError(text_of(error_));
  }

 private:
  std::vector<pollfd> open_;
  int error_ = 0;
};

}  // namespace

std::unique_ptr<SocketStream> SocketStream::connect(const std::vector<SocketAddress>& addresses,
                                                    Deadline deadline) {
  Attempts attempts;
  for (const auto& address : addresses)
    attempts.begin(reinterpret_cast<const sockaddr*>(&address.octets), address.size);
  return std::make_unique<SocketStream>(attempts.first(deadline));
}

std::unique_ptr<SocketStream> SocketStream::connect_unix(const std::string& path, Deadline deadline) {
  const auto address = unix_address(path);
  if (!address) throw StreamError("the path is too long");
  Attempts attempts;
  attempts.begin(reinterpret_cast<const sockaddr*>(&*address), sizeof *address);
  return std::make_unique<SocketStream>(attempts.first(deadline));
}

void SocketStream::wait(short events, Deadline deadline) const {
  pollfd entry{.fd = descriptor_.number(), .events = events, .revents = 0};
  if (!poll_until(std::span(&entry, 1), deadline)) throw StreamError(kTooLate);
}

void SocketStream::write(std::string_view octets, Deadline deadline) {
  while (!octets.empty()) {
    const auto count = send(descriptor_.number(), octets.data(), octets.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      octets.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      wait(POLLOUT, deadline);
    } else if (errno != EINTR) {
      throw StreamError(text_of(errno));
    }
  }
}

std::optional<std::size_t> SocketStream::read_some(std::span<char> room) {
  for (;;) {
    const auto count = recv(descriptor_.number(), room.data(), room.size(), 0);
    if (count >= 0) return static_cast<std::size_t>(count);
    if (errno == EAGAIN) return std::nullopt;
    if (errno != EINTR) throw StreamError(text_of(errno));
  }
}

std::size_t SocketStream::read(std::span<char> room, Deadline deadline) {
  for (;;) {
    if (const auto count = read_some(room)) return *count;
    wait(POLLIN, deadline);
  }
}

bool SocketStream::quiet() {
  char octet = 0;
  return recv(descriptor_.number(), &octet, 1, MSG_PEEK) < 0 && (errno == EAGAIN || errno == EINTR);
}

}  // namespace mailreeve
