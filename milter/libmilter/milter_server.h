// SPDX-License-Identifier: BSD-2-Clause
// libmilter's listener: its socket, its thread, and their end.
// One per process, as libmilter is.
#ifndef MAILREEVE_MILTER_LIBMILTER_MILTER_SERVER_H
#define MAILREEVE_MILTER_LIBMILTER_MILTER_SERVER_H

#include <sys/socket.h>

#include <thread>

#include "config/settings.h"
#include "config/socket_spec.h"

namespace mailreeve {

class MilterServer {
 public:
  // Creates the socket, with the mode and group of `settings`. From then on clients
  // may connect; they are served after start(). Throws std::runtime_error with a
  // sentence.
  explicit MilterServer(const Settings& settings);
  // stop() must have been called, if start() was.
  ~MilterServer();
  MilterServer(const MilterServer&) = delete;
  MilterServer& operator=(const MilterServer&) = delete;

  // Serves connections in a thread of its own. The descriptor becomes readable when
  // that ends, which should not happen without stop().
  int start();
  // Does teach_steps(). Call it after start(); false: it failed.
  bool teach() const;
  // Stops new connections; returns when libmilter's main loop has ended. Callbacks may
  // still run (see callbacks_running()).
  void stop();

 private:
  void remove_stale_socket() const;
  void open_socket(unsigned mode);
  // A new connection to our own socket, perhaps not established yet, or -1.
  int connect_to_ourselves() const;
  // Connects and hangs up, to wake libmilter's listener and run one of its workers.
  bool knock() const;

  SocketSpec spec_;
  int listener_ = -1;  // libmilter's
  sockaddr_storage address_{};
  socklen_t address_size_ = sizeof(sockaddr_storage);
  int ended_ = -1;           // eventfd
  int last_descriptor_ = 0;  // from this one on, too few are left to knock
  std::thread thread_;
};

}  // namespace mailreeve

#endif
