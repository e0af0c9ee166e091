// SPDX-License-Identifier: BSD-2-Clause
// How mailreevectl(8) talks to a running daemon: a Unix socket, a line with a
// command, a line of JSON as the answer. For the daemon's user and root only.
//
//   status        the state of the daemon and of its backends
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
  // Nothing listens if the path is empty. Removes the socket of a dead daemon.
  // Throws std::runtime_error.
  explicit ControlSocket(std::string path);
  ~ControlSocket() { close(); }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Stops listening, and frees the path.
  void close();
  // Readable when a caller connects; -1 if nothing listens.
  int descriptor() const { return descriptor_; }
  // Serves one caller, who has a second for each line. False if a caller cannot be
  // accepted now because no descriptor is left.
  bool serve(const std::function<std::string(std::string_view command)>& answer);

 private:
  std::string path_;
  int descriptor_ = -1;
};

// The daemon's answer; nullopt if no daemon listens there. Throws std::runtime_error
// if a daemon listens but does not answer.
std::optional<std::string> ask_daemon(const std::string& path, std::string_view command,
                                      Milliseconds patience = Milliseconds(5000));

}  // namespace mailreeve

#endif
