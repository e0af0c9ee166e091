// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/program.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <stdexcept>

namespace mailreeve {

namespace {

// [0] is the read end, [1] the write end; other children inherit neither.
std::array<int, 2> make_pipe() {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("pipe2 failed");
  return ends;
}

pid_t spawn(const std::vector<std::string>& words, int input, int output) {
  const auto directory = std::filesystem::read_symlink("/proc/self/exe").parent_path();
  const std::string path = directory / words.front();
  std::vector<char*> arguments;
  arguments.reserve(words.size() + 1);
  for (const auto& word : words) arguments.push_back(const_cast<char*>(word.c_str()));
  arguments.push_back(nullptr);
  posix_spawn_file_actions_t files;
  posix_spawn_file_actions_init(&files);
  posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&files, output, STDOUT_FILENO);
  pid_t process = -1;
  const int result = posix_spawn(&process, path.c_str(), &files, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&files);
  if (result != 0) throw std::runtime_error("cannot run " + path);
  return process;
}

}  // namespace

Program::Program(const std::vector<std::string>& words) {
  const auto input = make_pipe();
  const auto output = make_pipe();
  input_ = input[1];
  output_ = output[0];
  process_ = spawn(words, input[0], output[1]);
  close(input[0]);
  close(output[1]);
}

Program::~Program() {
  kill();
  close_input();
  close(output_);
}

std::string Program::read_line() {
  std::string line;
  char c = 0;
  while (read(output_, &c, 1) == 1) {
    line += c;
    if (c == '\n') break;
  }
  return line;
}

std::string Program::read_for(Milliseconds time) {
  const Deadline end(time);
  std::string octets;
  while (!end.passed()) {
    pollfd ready{.fd = output_, .events = POLLIN, .revents = 0};
    if (poll(&ready, 1, static_cast<int>(end.left().count()) + 1) <= 0) continue;
    std::array<char, 65536> buffer{};
    const auto count = read(output_, buffer.data(), buffer.size());
    if (count <= 0) break;
    octets.append(buffer.data(), static_cast<std::size_t>(count));
  }
  return octets;
}

std::string Program::read_to_end() {
  std::string octets;
  std::array<char, 65536> buffer{};
  for (;;) {
    const auto count = read(output_, buffer.data(), buffer.size());
    if (count <= 0) return octets;
    octets.append(buffer.data(), static_cast<std::size_t>(count));
  }
}

void Program::close_input() {
  if (input_ >= 0) close(input_);
  input_ = -1;
}

void Program::kill() {
  if (process_ < 0) return;
  ::kill(process_, SIGKILL);
  while (waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  process_ = -1;
}

}  // namespace mailreeve
