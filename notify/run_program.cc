// SPDX-License-Identifier: BSD-2-Clause
#include "notify/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include "util/descriptor.h"
#include "util/fail_with_errno.h"

namespace mailreeve {

namespace {

// How long the end of a program may go unnoticed.
constexpr Milliseconds kTick{20};
constexpr std::size_t kLongestOutput = 4096;

struct Pipe {
  Descriptor to_read;
  Descriptor to_write;
};

Pipe make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) fail_with_errno("pipe");
  return {Descriptor(ends[0]), Descriptor(ends[1])};
}

class SpawnFiles {
 public:
  SpawnFiles(int input, int output) {
    posix_spawn_file_actions_init(&actions_);
    posix_spawn_file_actions_adddup2(&actions_, input, STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions_, output, STDERR_FILENO);
    // libmilter's sockets are not close-on-exec.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    posix_spawn_file_actions_addchdir_np(&actions_, "/");
  }
  ~SpawnFiles() { posix_spawn_file_actions_destroy(&actions_); }
  SpawnFiles(const SpawnFiles&) = delete;
  SpawnFiles& operator=(const SpawnFiles&) = delete;
  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  posix_spawn_file_actions_t actions_{};
};

// A new process group, with no signal blocked or ignored.
class SpawnAttributes {
 public:
  SpawnAttributes() {
    sigset_t none;
    sigset_t all;
    sigemptyset(&none);
    sigfillset(&all);
    posix_spawnattr_init(&attributes_);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_,
                             POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETPGROUP);
  }
  ~SpawnAttributes() { posix_spawnattr_destroy(&attributes_); }
  SpawnAttributes(const SpawnAttributes&) = delete;
  SpawnAttributes& operator=(const SpawnAttributes&) = delete;
  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_{};
};

std::vector<char*> pointers(const std::vector<std::string>& words) {
  std::vector<char*> out;
  out.reserve(words.size() + 1);
  for (const auto& word : words) out.push_back(const_cast<char*>(word.c_str()));
  out.push_back(nullptr);
  return out;
}

std::vector<std::string> with_defaults(std::vector<std::string> environment) {
  environment.emplace_back("PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin");
  if (const char* zone = std::getenv("TZ")) environment.push_back(std::string("TZ=") + zone);
  return environment;
}

// A process that exists until it is reaped.
class Child {
 public:
  Child(const ProgramCall& call, int input, int output) {
    const SpawnFiles files(input, output);
    const SpawnAttributes attributes;
    const auto environment = with_defaults(call.environment);
    const int error = posix_spawn(&process_, call.words.front().c_str(), files.get(), attributes.get(),
                                  pointers(call.words).data(), pointers(environment).data());
    if (error != 0) throw std::runtime_error(call.words.front() + " cannot be run: " + std::strerror(error));
  }
  ~Child() {
    if (!ended_) kill_group();
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  // Returns true if the process has ended.
  bool reap() {
    if (!ended_) ended_ = waitpid(process_, &status_, WNOHANG) != 0;
    return ended_;
  }
  // Describes the exit status; empty if it is 0.
  std::string complaint() const {
    if (WIFEXITED(status_) && WEXITSTATUS(status_) == 0) return "";
    if (WIFEXITED(status_)) return "exit status " + std::to_string(WEXITSTATUS(status_));
    return "killed by signal " + std::to_string(WTERMSIG(status_));
  }

 private:
  void kill_group() {
    kill(-process_, SIGKILL);
    while (waitpid(process_, &status_, 0) < 0 && errno == EINTR) continue;
  }

  pid_t process_ = -1;
  int status_ = 0;
  bool ended_ = false;
};

// Writes as much as possible. Closes at the end of the input or when the reader is gone.
void feed(Descriptor& input, std::string_view& rest) {
  const ssize_t count = write(input.number(), rest.data(), rest.size());
  if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  if (rest.empty() || (count < 0 && errno != EAGAIN && errno != EINTR)) input.reset();
}

// Keeps the end of the output. Returns false if no more is available now.
bool drain(Descriptor& output, std::string& said) {
  std::array<char, kLongestOutput> buffer{};
  const ssize_t count = read(output.number(), buffer.data(), buffer.size());
  if (count == 0 || (count < 0 && errno != EAGAIN && errno != EINTR)) output.reset();
  if (count <= 0) return false;
  said.append(buffer.data(), static_cast<std::size_t>(count));
  if (said.size() > kLongestOutput) said.erase(0, said.size() - kLongestOutput);
  return true;
}

std::string last_line(std::string text) {
  while (text.ends_with('\n')) text.pop_back();
  return text.substr(text.rfind('\n') + 1);
}

// Exchanges data with the child.
class Talk {
 public:
  Talk(std::string_view input, Descriptor to_child, Descriptor from_child)
      : rest_(input), to_child_(std::move(to_child)), from_child_(std::move(from_child)) {
    for (const Descriptor* end : {&to_child_, &from_child_}) fcntl(end->number(), F_SETFL, O_NONBLOCK);
    if (rest_.empty()) to_child_.reset();
  }

  void wait(Milliseconds time, const Interrupt& stop) {
    // poll(2) ignores descriptors below 0.
    std::array<pollfd, 3> what{pollfd{to_child_.number(), POLLOUT, 0},
                               pollfd{from_child_.number(), POLLIN, 0}, pollfd{stop.descriptor(), POLLIN, 0}};
    poll(what.data(), what.size(), static_cast<int>(time.count()));
    if (what[0].revents != 0) feed(to_child_, rest_);
    if (what[1].revents != 0) drain(from_child_, said_);
  }

  // Returns ": " and the last line so far, if any. Reads what is left in the pipe,
  // but not forever: processes other than the child may hold the other end open.
  std::string last_words() {
    constexpr int kMostReads = 64;
    for (int i = 0; i < kMostReads && drain(from_child_, said_); ++i) continue;
    const std::string line = last_line(said_);
    return line.empty() ? "" : ": " + line;
  }

 private:
  std::string_view rest_;
  Descriptor to_child_;
  Descriptor from_child_;
  std::string said_;
};

}  // namespace

Attempt run_program(const ProgramCall& call, Milliseconds timeout, const Interrupt& stop) try {
  Pipe input = make_pipe();
  Pipe output = make_pipe();
  Child child(call, input.to_read.number(), output.to_write.number());
  input.to_read.reset();
  output.to_write.reset();
  Talk talk(call.input, std::move(input.to_write), std::move(output.to_read));
  const std::string& program = call.words.front();
  const Deadline deadline(timeout);
  while (!child.reap()) {
    if (stop.raised()) return Attempt::interrupted();
    if (deadline.passed())
      return Attempt::failed(program + " was killed: not done within " + format_duration(timeout) +
                             talk.last_words());
    talk.wait(std::min(kTick, deadline.left()), stop);
  }
  const std::string complaint = child.complaint();
  if (complaint.empty()) return Attempt::delivered();
  return Attempt::failed(program + ": " + complaint + talk.last_words());
} catch (const std::runtime_error& error) {
  return Attempt::failed(error.what());
}

}  // namespace mailreeve
