// SPDX-License-Identifier: BSD-2-Clause
// Listening sockets for MTAs.
#ifndef MAILREEVE_MILTER_NATIVE_LISTENER_H
#define MAILREEVE_MILTER_NATIVE_LISTENER_H

#include <string>
#include <vector>

#include "config/settings.h"
#include "util/descriptor.h"

namespace mailreeve {

struct Listener {
  Descriptor socket;
  std::string file;     // of a Unix socket; else empty
  bool passed = false;  // by the service manager, who has a copy and the file
};

// One for each of settings.sockets, in their order: from `passed`, the sockets that the
// service manager opened, or made here. Throws std::runtime_error with a sentence, also
// if one of `passed` is none of settings.sockets.
std::vector<Listener> open_listeners(const Settings& settings, std::vector<Descriptor> passed);

}  // namespace mailreeve

#endif
