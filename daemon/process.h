// SPDX-License-Identifier: BSD-2-Clause
// Turns a process into a daemon: detaching, the pid file, limits.
// All throw std::runtime_error with a sentence.
#ifndef MAILREEVE_DAEMON_PROCESS_H
#define MAILREEVE_DAEMON_PROCESS_H

#include <string>

namespace mailreeve {

// Forks a child that continues in the background while the parent waits for
// report_ready(), or for an exit whose status it returns. Until then the child still writes
// to the terminal.
class Detached {
 public:
  // Returns in the child only. Call it before creating any thread.
  static Detached fork_off();
  // The parent exits with 0; standard streams become /dev/null.
  void report_ready();

 private:
  explicit Detached(int pipe) : pipe_(pipe) {}
  int pipe_;
};

// A file with our process id, locked for as long as this object lives.
class PidFile {
 public:
  PidFile() = default;
  explicit PidFile(std::string path);
  ~PidFile();
  PidFile(PidFile&& other) noexcept;
  PidFile& operator=(PidFile&&) = delete;

 private:
  std::string path_;
  int descriptor_ = -1;
};

// Creates the directory of a socket or pid file, with mode 0755, if it does not exist but
// its parent does; root creates it for `user`.
void make_run_directory(const std::string& path, const std::string& user);
// Permits as many open files as the system allows; returns that number.
unsigned long raise_file_limit();
// Off: no core file. On: as large as the hard limit allows, also after the
// privileges have changed; call it after drop_privileges().
void set_core_dumps(bool on);

}  // namespace mailreeve

#endif
