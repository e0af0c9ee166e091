// SPDX-License-Identifier: BSD-2-Clause
// Descriptors that connections of the MTA may not use, so that the daemon can still
// open backends, DNS, the log and its control socket. The connections wait in the
// listener's queue instead.
#ifndef MAILREEVE_MILTER_LIBMILTER_FILE_RESERVE_H
#define MAILREEVE_MILTER_LIBMILTER_FILE_RESERVE_H

#include <sys/resource.h>

#include "core/log.h"

namespace mailreeve {

// The number of reserved descriptors of `limit`.
constexpr rlim_t file_reserve(rlim_t limit) {
  constexpr rlim_t kMost = 512;
  return limit / 4 < kMost ? limit / 4 : kMost;
}

// Whether the next connection would get a descriptor outside the reserve.
bool has_file_for_connection(int listener);

// The log to write to, at most once a minute. It must live as long as the process.
void tell_when_files_are_low(Log& log);
// To be called when a connection has to wait. For libmilter's listener only.
void tell_of_waiting_connection();

}  // namespace mailreeve

#endif
