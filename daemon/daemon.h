// SPDX-License-Identifier: BSD-2-Clause
// The running daemon: starts everything in order, waits for signals, does the
// housekeeping, and stops everything.
#ifndef MAILREEVE_DAEMON_DAEMON_H
#define MAILREEVE_DAEMON_DAEMON_H

#include "config/command_line.h"

namespace mailreeve {

// Runs until it is told to stop; returns the exit status. Throws ConfigError and
// std::runtime_error while it starts.
int run_daemon(const CommandLine& command_line);

}  // namespace mailreeve

#endif
