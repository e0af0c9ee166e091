// SPDX-License-Identifier: BSD-2-Clause
// Runs another program from a multithreaded daemon.
#ifndef MAILREEVE_NOTIFY_RUN_PROGRAM_H
#define MAILREEVE_NOTIFY_RUN_PROGRAM_H

#include <string>
#include <vector>

#include "notify/target.h"
#include "util/time.h"

namespace mailreeve {

struct ProgramCall {
  std::vector<std::string> words;        // the first word is an absolute path
  std::vector<std::string> environment;  // "NAME=value"; PATH and TZ are added
  std::string input;
};

// Returns Delivered if the program exits with 0, otherwise Failed with the last line of
// its output. The program starts with no signals blocked or ignored, only the standard
// descriptors, and its own process group, which is killed at the time-out or when `stop`
// is raised. Its working directory is /. The calling thread must ignore or block SIGPIPE.
Attempt run_program(const ProgramCall& call, Milliseconds timeout, const Interrupt& stop);

}  // namespace mailreeve

#endif
