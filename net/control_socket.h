// SPDX-License-Identifier: BSD-2-Clause
// How mailreevectl(8) talks to a running daemon: a Unix socket, a line with a
// command, a line of JSON as the answer. For the daemon's user and root only.
//
//   status        what the daemon does and how its backends are
//   refresh       asks the policy database again, for all it remembers of it
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
  // Nothing listens if the path is empty. What a dead daemon left there is removed.
  // Throws std::runtime_error.
  explicit ControlSocket(std::string path);
  ~ControlSocket() { close(); }
  ControlSocket(const ControlSocket&) = delete;
  ControlSocket& operator=(const ControlSocket&) = delete;

  // Nobody listens any more, and the path is free.
  void close();
  // Readable when somebody wants something; -1 if nothing listens.
  int descriptor() const { return descriptor_; }
  // Serves one caller, who has a second for each line. False if one is there but
  // cannot be accepted now: no descriptor is left.
  bool serve(const std::function<std::string(std::string_view command)>& answer);

 private:
  std::string path_;
  int descriptor_ = -1;
};

// The daemon's answer; nothing if no daemon listens there. Throws std::runtime_error
// if it does, but the answer does not come.
std::optional<std::string> ask_daemon(const std::string& path, std::string_view command,
                                      Milliseconds patience = Milliseconds(5000));

}  // namespace mailreeve

#endif
