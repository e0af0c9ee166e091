// SPDX-License-Identifier: BSD-2-Clause
// The protocol between mailreevectl(8) and a running daemon: over a Unix socket, one line with
// a command, one line of JSON as the answer. Only root and the daemon's user may connect.
//
//   status        reports the state of the daemon and of its backends
//   refresh       makes the daemon query the policy database again for everything cached
#ifndef MAILREEVE_NET_CONTROL_SOCKET_H
#define MAILREEVE_NET_CONTROL_SOCKET_H

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "util/time.h"

namespace mailreeve {

class ControlSocket {
 public:
  // Does not listen if the path is empty. Removes the socket of a dead daemon.
  // Throws std::runtime_error.
  explicit ControlSocket(std::string path);
  ~ControlSocket() { close(); }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Stops listening and removes the socket.
  void close();
  // Readable when a client connects; -1 if not listening.
  int descriptor() const { return descriptor_; }
  // Serves one client, which has one second for each line. Returns false if no
  // client can be accepted now because the process is out of descriptors.
  bool serve(const std::function<std::string(std::string_view command)>& answer);

 private:
  std::string path_;
  int descriptor_ = -1;
};

// Returns the daemon's answer, or nullopt if no daemon listens. Throws
// std::runtime_error if a daemon listens but does not answer.
std::optional<std::string> ask_daemon(const std::string& path, std::string_view command,
                                      Milliseconds patience = Milliseconds(5000));

}  // namespace mailreeve

#endif
