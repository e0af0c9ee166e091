// SPDX-License-Identifier: BSD-2-Clause
// Ends calls into a client library that waits for its server longer than we
// allow: a thread shuts down their sockets, which the library takes for the loss
// of the server. Safe to call from any thread.
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

  // Shuts down the socket if `deadline` passes during this object's lifetime. The
  // descriptor must stay open that long: it must be the caller's, not the library's.
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
  // Keyed by deadline. -1 marks a socket that has been shut down.
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
