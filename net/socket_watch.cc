// SPDX-License-Identifier: BSD-2-Clause
#include "net/socket_watch.h"

#include <sys/socket.h>

#include <algorithm>

#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// While no call is pending.
constexpr std::chrono::hours kNever{1};
// Between checks of a call that has been ended but has not returned.
constexpr std::chrono::milliseconds kLinger{50};

}  // namespace

SocketWatch::SocketWatch() : thread_([this] { work(); }) {}

SocketWatch::~SocketWatch() {
  sockets_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
}

SocketWatch::Guard::Guard(SocketWatch& watch, int socket, Deadline deadline) : watch_(watch) {
  auto sockets = watch_.sockets_.lock();
  place_ = sockets->due.emplace(deadline.at(), socket);
  // The thread sleeps until the earliest deadline.
  if (place_ == sockets->due.begin()) watch_.changed_.notify_one();
}

SocketWatch::Guard::~Guard() { watch_.sockets_.lock()->due.erase(place_); }

void SocketWatch::work() {
  const SignalsBlocked no_signals;
  auto sockets = sockets_.lock();
  while (!sockets->closed) {
    const auto now = SteadyClock::now();
    SteadyTime next = now + kNever;
    for (auto& [due, socket] : sockets->due) {
      if (due > now) {
        next = std::min(next, due);
        break;
      }
      if (socket >= 0) shutdown(socket, SHUT_RDWR);
      socket = -1;
      // While it lingers, a new guard is not first in the map and does not wake the thread.
      next = now + kLinger;
    }
    const auto sooner = [&](const Sockets& state) {
      return state.closed ||
             (!state.due.empty() && state.due.begin()->second >= 0 && state.due.begin()->first < next);
    };
    sockets.wait_until(changed_, next, sooner);
  }
}

}  // namespace mailreeve
