// SPDX-License-Identifier: BSD-2-Clause
// Ends calls of a client library that waits for its server longer than we want: a
// thread shuts down their sockets, and the library then considers the server
// gone. Safe to call from any thread.
#ifndef MAILREEVE_NET_SOCKET_WATCH_H
#define MAILREEVE_NET_SOCKET_WATCH_H

#include <condition_variable>
#include <map>
#include <thread>

#include "util/guarded.h"
#include "util/time.h"

namespace mailreeve {

class SocketWatch {
 public:
  SocketWatch();
  ~SocketWatch();
  SocketWatch(const SocketWatch&) = delete;
  SocketWatch& operator=(const SocketWatch&) = delete;

  // Shuts the socket down if `deadline` passes while this lives. The descriptor must
  // stay open that long: it must be the caller's own, not the library's.
  class Guard {
   public:
    Guard(SocketWatch& watch, int socket, Deadline deadline);
    ~Guard();
    Guard(const Guard&) = delete;
    Guard& operator=(const Guard&) = delete;

   private:
    SocketWatch& watch_;
    std::multimap<SteadyTime, int>::iterator place_;
  };

 private:
  // By deadline. A socket that has been shut down is -1.
  struct Sockets {
    std::multimap<SteadyTime, int> due;
    bool closed = false;
  };
  void work();

  Guarded<Sockets> sockets_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
