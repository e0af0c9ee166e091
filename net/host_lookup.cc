// SPDX-License-Identifier: BSD-2-Clause
#include "net/host_lookup.h"

#include <netdb.h>

#include <cstring>
#include <system_error>
#include <thread>

#include "net/stream.h"
#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

std::vector<SocketAddress> system_lookup(const std::string& host, std::uint16_t port, int flags,
                                         std::string& problem) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int result = getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  std::vector<SocketAddress> found;
  if (result != 0) {
    problem = gai_strerror(result);
    return found;
  }
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    SocketAddress address;
    std::memcpy(&address.octets, entry->ai_addr, entry->ai_addrlen);
    address.size = entry->ai_addrlen;
    found.push_back(address);
  }
  freeaddrinfo(list);
  return found;
}

}  // namespace

void HostLookup::look_up(const std::shared_ptr<Shared>& shared) {
  std::string problem;
  auto found = system_lookup(shared->host, shared->port, 0, problem);
  {
    auto state = shared->state.lock();
    if (!found.empty()) state->addresses = std::move(found);
    state->problem = problem;
    state->running = false;
    ++state->finished;
  }
  shared->changed.notify_all();
}

std::vector<SocketAddress> HostLookup::addresses(Deadline deadline) {
  std::string problem;
  auto numeric = system_lookup(shared_->host, shared_->port, AI_NUMERICHOST, problem);
  if (!numeric.empty()) return numeric;

  auto state = shared_->state.lock();
  const auto wanted = state->finished + 1;
  if (!state->running) {
    const SignalsBlocked no_signals;
    try {
      std::thread(look_up, shared_).detach();
      state->running = true;
    } catch (const std::system_error&) {
      state->problem = "no thread for the lookup";
    }
  }
  // A caller that already has addresses needs the time to use them.
  const Deadline patience = state->addresses.empty() ? deadline : deadline.within(deadline.left() / 4);
  const auto finished = [wanted](const State& now) { return now.finished >= wanted; };
  const bool done = state->running && state.wait_until(shared_->changed, patience.at(), finished);
  if (!state->addresses.empty()) return state->addresses;
  throw StreamError("cannot look up " + shared_->host + ": " +
                    (done || !state->running ? state->problem : "no answer before the deadline"));
}

}  // namespace mailreeve
