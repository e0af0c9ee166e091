// SPDX-License-Identifier: BSD-2-Clause
// Descriptors that no connection of the MTA gets, so that the daemon can still open
// what it needs: backends, DNS, the log, its control socket. The connections wait
// in the listener's queue instead.
#ifndef MAILREEVE_MILTER_LIBMILTER_FILE_RESERVE_H
#define MAILREEVE_MILTER_LIBMILTER_FILE_RESERVE_H

#include <sys/resource.h>

#include "core/log.h"

namespace mailreeve {

// How many of `limit`.
constexpr rlim_t file_reserve(rlim_t limit) {
  constexpr rlim_t kMost = 512;
  return limit / 4 < kMost ? limit / 4 : kMost;
}

// Whether the next connection would get a descriptor outside the reserve.
bool has_file_for_connection(int listener);

// The log that is told, once a minute at most. It must live as long as the process.
void tell_when_files_are_low(Log& log);
// A connection has to wait. For libmilter's listener only.
void connection_must_wait();

}  // namespace mailreeve

#endif
