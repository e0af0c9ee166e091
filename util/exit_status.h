// SPDX-License-Identifier: BSD-2-Clause
// Exit statuses of our programs, numbered as in sysexits.h. EXIT STATUS in mailreevectl(8) documents
// when each is returned; test/system/ctl_status_test.py checks every command against it. A name that
// an admin creates must exist; a name that mail creates need not.
#ifndef MAILREEVE_UTIL_EXIT_STATUS_H
#define MAILREEVE_UTIL_EXIT_STATUS_H

namespace mailreeve::exit_status {

inline constexpr int kOk = 0;
inline constexpr int kNotDone = 1;       // unknown name, or the command failed
inline constexpr int kUsage = 64;        // wrong command line
inline constexpr int kUnavailable = 69;  // a backend or the daemon does not answer
inline constexpr int kSoftware = 70;     // libmilter's loop ended unexpectedly, or a signal ended startup
inline constexpr int kSystem = 71;       // socket, store, pid file, privileges, DNS
inline constexpr int kConfig = 78;       // wrong configuration

}  // namespace mailreeve::exit_status

#endif
