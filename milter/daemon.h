// SPDX-License-Identifier: BSD-2-Clause
// The running daemon: starts everything in its order, waits for signals, keeps
// house, and stops everything.
#ifndef MAILREEVE_MILTER_DAEMON_H
#define MAILREEVE_MILTER_DAEMON_H

#include "config/command_line.h"

namespace mailreeve {

// What the process exits with; sysexits.h has the numbers.
namespace exit_status {
inline constexpr int kOk = 0;
inline constexpr int kUsage = 64;     // the command line
inline constexpr int kSoftware = 70;  // libmilter's loop ended by itself
inline constexpr int kSystem = 71;    // socket, store, pid file, privileges
inline constexpr int kConfig = 78;    // the configuration
}  // namespace exit_status

// Runs until it is told to stop; returns the exit status. Throws ConfigError and
// std::runtime_error while it starts.
int run_daemon(const CommandLine& command_line);

}  // namespace mailreeve

#endif
