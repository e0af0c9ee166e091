// SPDX-License-Identifier: BSD-2-Clause
// What our programs exit with; the numbers are those of sysexits.h. Which of them mailreevectl(8)
// exits with when is told in its EXIT STATUS, and test/system/ctl_status_test.py holds every command
// to that: a name that an admin makes known must be known, what mail makes known need not be.
#ifndef MAILREEVE_UTIL_EXIT_STATUS_H
#define MAILREEVE_UTIL_EXIT_STATUS_H

namespace mailreeve::exit_status {

inline constexpr int kOk = 0;
inline constexpr int kNotDone = 1;       // what is named is unknown, or it cannot be done
inline constexpr int kUsage = 64;        // the command line
inline constexpr int kUnavailable = 69;  // a backend, or the daemon, does not answer
inline constexpr int kSoftware = 70;     // libmilter's loop ended by itself, or a signal ended a start
inline constexpr int kSystem = 71;       // socket, store, pid file, privileges, DNS
inline constexpr int kConfig = 78;       // the configuration

}  // namespace mailreeve::exit_status

#endif
