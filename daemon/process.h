// SPDX-License-Identifier: BSD-2-Clause
// What makes a process a daemon: detaching, the pid file, limits.
// All throw std::runtime_error with a sentence.
#ifndef MAILREEVE_DAEMON_PROCESS_H
#define MAILREEVE_DAEMON_PROCESS_H

#include <string>

namespace mailreeve {

// Splits off a child that goes on in the background while the parent waits for
// its word: ready(), or an exit whose status the parent takes over. Until then
// the child still writes to the terminal.
class Detached {
 public:
  // Returns in the child only. Before any thread is made.
  static Detached fork_off();
  // The parent exits with 0; standard streams become /dev/null.
  void ready();

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

// Makes the directory of a socket or pid file where it is not there but its parent
// is, with mode 0755; of `user` if root does.
void make_run_directory(const std::string& path, const std::string& user);
// As many open files as the system allows; returns that number.
unsigned long raise_file_limit();
// Off: no core file. On: as large as the hard limit allows, also after the
// privileges have changed; call it after drop_privileges().
void set_core_dumps(bool on);

}  // namespace mailreeve

#endif
