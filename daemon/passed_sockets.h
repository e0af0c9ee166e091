// SPDX-License-Identifier: BSD-2-Clause
// Sockets that the service manager opened for the daemon (systemd.socket(5)).
#ifndef MAILREEVE_DAEMON_PASSED_SOCKETS_H
#define MAILREEVE_DAEMON_PASSED_SOCKETS_H

#include <vector>

#include "util/descriptor.h"

namespace mailreeve {

// Each once: a second call finds none. Call it before a fork. Throws std::runtime_error
// with a sentence.
std::vector<Descriptor> passed_sockets();

}  // namespace mailreeve

#endif
