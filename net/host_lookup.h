// SPDX-License-Identifier: BSD-2-Clause
// The addresses of one host, as this system resolves them. The system's resolver
// has no deadline, so each lookup runs in its own thread; a caller that would
// wait too long takes the previous result. Safe to call from any thread.
#ifndef MAILREEVE_NET_HOST_LOOKUP_H
#define MAILREEVE_NET_HOST_LOOKUP_H

#include <sys/socket.h>

#include <condition_variable>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "util/guarded.h"
#include "util/time.h"

namespace mailreeve {

struct SocketAddress {
  sockaddr_storage octets{};
  socklen_t size = 0;
};

class HostLookup {
 public:
  HostLookup(std::string host, std::uint16_t port)
      : shared_(std::make_shared<Shared>(std::move(host), port)) {}

  // Returns at least one address. Throws StreamError.
  std::vector<SocketAddress> addresses(Deadline deadline);

 private:
  struct State {
    bool running = false;
    std::uint64_t finished = 0;  // number of lookups
    std::vector<SocketAddress> addresses;
    std::string problem;
  };
  // Outlives this object if a lookup is still in progress.
  struct Shared {
    Shared(std::string name, std::uint16_t number) : host(std::move(name)), port(number) {}
    const std::string host;
    const std::uint16_t port;
    Guarded<State> state;
    std::condition_variable changed;
  };
  static void look_up(const std::shared_ptr<Shared>& shared);

  std::shared_ptr<Shared> shared_;
};

}  // namespace mailreeve

#endif
