// SPDX-License-Identifier: BSD-2-Clause
// libmilter waits for SIGTERM, SIGINT and SIGHUP in a thread of its own, and stops at
// each of them; there is no call to prevent it. We want SIGHUP to reload, and to know
// why we stop. So its thread gets this sigwait() instead of the C library's, and
// signals wait for the first thread, which reads them from a descriptor. Nobody else
// in this program calls sigwait().
#include <unistd.h>
#include <csignal>

extern "C" int sigwait(const sigset_t*, int*) {
  for (;;) pause();
}
