// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/file_reserve.h"

#include <fcntl.h>
#include <unistd.h>

#include <atomic>

#include "milter/libmilter/callbacks.h"
#include "util/time.h"

namespace mailreeve {

namespace {

std::atomic<Log*> told{nullptr};

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

void tell_when_files_are_low(Log& log) { told = &log; }

void tell_of_waiting_connection() {
  static Deadline next_word{Milliseconds(0)};
  Log* const log = told;
  if (log == nullptr || !next_word.passed()) return;
  next_word = Deadline(Milliseconds(60 * 1000));
  log->write(Event::FilesLow,
             {{"files", static_cast<std::int64_t>(limit_on_files())}, {"connections", connections_open()}});
}

}  // namespace mailreeve
