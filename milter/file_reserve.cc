// SPDX-License-Identifier: BSD-2-Clause
#include "milter/file_reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include "util/guarded.h"
#include "util/time.h"

namespace mailreeve {

namespace {

rlim_t limit_on_files() {
  rlimit limit{};
  getrlimit(RLIMIT_NOFILE, &limit);
  return limit.rlim_cur;
}

}  // namespace

bool has_file_for_connection(int listener) {
  // The kernel gives the lowest number that is free.
  const int next = fcntl(listener, F_DUPFD_CLOEXEC, 0);
  if (next < 0) return false;
  close(next);
  const rlim_t limit = limit_on_files();
  return static_cast<rlim_t>(next) < limit - file_reserve(limit);
}

void tell_of_waiting_connection(Sessions& sessions) {
  static Guarded<Deadline> next_word{Deadline(Milliseconds(0))};
  {
    auto next = next_word.lock();
    if (!next->passed()) return;
    *next = Deadline(Milliseconds(60 * 1000));
  }
  sessions.report(Event::FilesLow,
                  {{"files", static_cast<std::int64_t>(limit_on_files())}, {"connections", sessions.open()}});
}

}  // namespace mailreeve
