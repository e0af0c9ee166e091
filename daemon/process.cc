// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/process.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <stdexcept>

#include "util/exit_status.h"
#include "util/fail_with_errno.h"
#include "util/privileges.h"

namespace mailreeve {

namespace {

// The parent's end: the child's one octet says that it is ready; if it closes the
// pipe without, its exit status says what happened.
[[noreturn]] void wait_for_child(int pipe, pid_t child) {
  char octet = 0;
  ssize_t got = 0;
  do got = read(pipe, &octet, 1);
  while (got < 0 && errno == EINTR);
  if (got == 1) _exit(exit_status::kOk);
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  _exit(WIFEXITED(status) ? WEXITSTATUS(status) : exit_status::kSoftware);
}

}  // namespace

Detached Detached::fork_off() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail_with_errno("pipe");
  const pid_t child = fork();
  if (child < 0) fail_with_errno("fork");
  if (child > 0) {
    close(ends[1]);
    wait_for_child(ends[0], child);
  }
  close(ends[0]);
  if (setsid() < 0) fail_with_errno("setsid");
  if (chdir("/") != 0) fail_with_errno("chdir /");
  return Detached(ends[1]);
}

void Detached::report_ready() {
  const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
  if (null < 0) fail_with_errno("/dev/null");
  for (const int stream : {STDIN_FILENO, STDOUT_FILENO, STDERR_FILENO})
    if (dup2(null, stream) < 0) fail_with_errno("dup2");
  close(null);
  if (write(pipe_, "r", 1) != 1) fail_with_errno("the parent process does not listen");
  close(pipe_);
}

PidFile::PidFile(std::string path) : path_(std::move(path)) {
  descriptor_ = open(path_.c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0644);
  if (descriptor_ < 0) fail_with_errno("pid-file = " + path_);
  const bool locked = flock(descriptor_, LOCK_EX | LOCK_NB) == 0;
  const std::string pid = std::to_string(getpid()) + "\n";
  const bool written = locked && ftruncate(descriptor_, 0) == 0 &&
                       write(descriptor_, pid.data(), pid.size()) == static_cast<ssize_t>(pid.size());
  if (written) return;
  const int why = errno;
  close(descriptor_);
  if (why == EWOULDBLOCK) throw std::runtime_error("pid-file = " + path_ + ": another mailreeve holds it");
  errno = why;
  fail_with_errno("pid-file = " + path_);
}

PidFile::~PidFile() {
  if (descriptor_ < 0) return;
  // The directory may not be ours any more. An empty file then says as much.
  if (unlink(path_.c_str()) != 0) (void)!ftruncate(descriptor_, 0);
  close(descriptor_);
}

PidFile::PidFile(PidFile&& other) noexcept : path_(std::move(other.path_)), descriptor_(other.descriptor_) {
  other.descriptor_ = -1;
}

void make_run_directory(const std::string& path, const std::string& user) {
  if (mkdir(path.c_str(), 0755) != 0) {
    // What uses it says what is wrong.
    if (errno == EEXIST || errno == ENOENT || errno == EACCES || errno == EROFS) return;
    fail_with_errno(path);
  }
  if (geteuid() != 0) return;
  const UserIds ids = ids_of(user);
  if (lchown(path.c_str(), ids.uid, ids.gid) != 0) fail_with_errno(path);
}

unsigned long raise_file_limit() {
  // More would only make libmilter's table of descriptors larger.
  constexpr rlim_t kEnough = 1024UL * 1024;
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) fail_with_errno("RLIMIT_NOFILE");
  limit.rlim_cur = std::max(limit.rlim_cur, std::min(limit.rlim_max, kEnough));
  if (setrlimit(RLIMIT_NOFILE, &limit) != 0) fail_with_errno("RLIMIT_NOFILE");
  return limit.rlim_cur;
}

void set_core_dumps(bool on) {
  rlimit limit{};
  if (getrlimit(RLIMIT_CORE, &limit) != 0) fail_with_errno("RLIMIT_CORE");
  limit.rlim_cur = on ? limit.rlim_max : 0;
  if (setrlimit(RLIMIT_CORE, &limit) != 0) fail_with_errno("RLIMIT_CORE");
  if (on && prctl(PR_SET_DUMPABLE, 1, 0, 0, 0) != 0) fail_with_errno("PR_SET_DUMPABLE");
}

}  // namespace mailreeve
