// SPDX-License-Identifier: BSD-2-Clause
// A program that a test runs. Its standard input and output are pipes, and it
// is killed with this object.
#ifndef MAILREEVE_TEST_CONTRACT_PROGRAM_H
#define MAILREEVE_TEST_CONTRACT_PROGRAM_H

#include <sys/types.h>

#include <string>
#include <vector>

#include "util/time.h"

namespace mailreeve {

class Program {
 public:
  // The first of `words` is a program in the directory of the running one.
  explicit Program(const std::vector<std::string>& words);
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  // Returns the line with its end; empty if the output ends.
  std::string read_line();
  // Returns what arrives within this time, or until the output ends.
  std::string read_for(Milliseconds time);
  std::string read_to_end();
  void close_input();
  // SIGKILL.
  void kill();

 private:
  pid_t process_ = -1;
  int input_ = -1;
  int output_ = -1;
};

}  // namespace mailreeve

#endif
