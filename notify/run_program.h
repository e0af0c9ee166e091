// SPDX-License-Identifier: BSD-2-Clause
// Runs another program from a daemon with many threads.
#ifndef MAILREEVE_NOTIFY_RUN_PROGRAM_H
#define MAILREEVE_NOTIFY_RUN_PROGRAM_H

#include <string>
#include <vector>

#include "notify/target.h"
#include "util/time.h"

namespace mailreeve {

struct ProgramCall {
  std::vector<std::string> words;        // the first is an absolute path
  std::vector<std::string> environment;  // "NAME=value"; PATH and TZ are added
  std::string input;
};

// Delivered: it exits with 0. Else Failed, with the last line of its output.
// It has no signals blocked or ignored, no descriptors but the standard ones, and
// a process group of its own, which is killed at the time-out or if `stop` is raised.
// Its working directory is /. The caller's thread must ignore or block SIGPIPE.
Attempt run_program(const ProgramCall& call, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
