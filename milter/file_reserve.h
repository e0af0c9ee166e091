// SPDX-License-Identifier: BSD-2-Clause
// Descriptors that connections of the MTA may not use, so that the daemon can still
// open backends, DNS, the log and its control socket. The connections wait in the
// listener's queue instead.
#ifndef MAILREEVE_MILTER_FILE_RESERVE_H
#define MAILREEVE_MILTER_FILE_RESERVE_H

#include <sys/resource.h>

#include <cerrno>

#include "milter/sessions.h"

namespace mailreeve {

// The number of reserved descriptors of `limit`.
constexpr rlim_t file_reserve(rlim_t limit) {
  constexpr rlim_t kMost = 512;
  return limit / 4 < kMost ? limit / 4 : kMost;
}

// Whether accept(2) failed for a reason that lasts: there is no use in trying again at once.
inline bool is_want_of_resources(int error) {
  return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

// Whether the next connection would get a descriptor outside the reserve.
bool has_file_for_connection(int listener);

// Tells the log, at most once a minute, that connections wait. Safe from any thread.
void tell_of_waiting_connection(Sessions& sessions);

}  // namespace mailreeve

#endif
