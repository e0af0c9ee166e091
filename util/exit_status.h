// SPDX-License-Identifier: BSD-2-Clause
// Exit statuses of our programs; the numbers are those of sysexits.h. EXIT STATUS in mailreevectl(8)
// says when it returns which, and test/system/ctl_status_test.py holds every command to that: a name
// that an admin creates must exist, a name that mail creates need not.
#ifndef MAILREEVE_UTIL_EXIT_STATUS_H
#define MAILREEVE_UTIL_EXIT_STATUS_H

namespace mailreeve::exit_status {

inline constexpr int kOk = 0;
inline constexpr int kNotDone = 1;       // a name is unknown, or the command failed
inline constexpr int kUsage = 64;        // the command line
inline constexpr int kUnavailable = 69;  // a backend, or the daemon, does not answer
inline constexpr int kSoftware = 70;     // libmilter's loop ended by itself, or a signal terminated a start
inline constexpr int kSystem = 71;       // socket, store, pid file, privileges, DNS
inline constexpr int kConfig = 78;       // the configuration

}  // namespace mailreeve::exit_status

#endif
