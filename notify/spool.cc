// SPDX-License-Identifier: BSD-2-Clause
#include "notify/spool.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <random>
#include <stdexcept>
#include <tuple>
#include <utility>

#include "util/descriptor.h"
#include "util/fail_with_errno.h"

namespace mailreeve {

namespace {

constexpr std::size_t kLongestFile = 256UL * 1024;
constexpr std::string_view kSuffix = ".json";
// While the file is being written.
constexpr std::string_view kUnfinished = ".json.new";
constexpr const char* kLock = "lock";
constexpr int kFormat = 1;
// The end of the year 9999.
constexpr std::int64_t kLastMilli = 253402300799999;

Descriptor open_lock(const std::string& directory) {
  Descriptor lock(open((directory + "/" + kLock).c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (lock.number() < 0) fail_with_errno("the spool " + directory);
  if (flock(lock.number(), LOCK_EX | LOCK_NB) == 0) return lock;
  if (errno == EWOULDBLOCK) throw std::runtime_error("the spool " + directory + " is another process's");
  fail_with_errno("the spool " + directory);
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(descriptor, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) fail_with_errno("write");
    text.remove_prefix(static_cast<std::size_t>(count));
  }
}

// Client data never becomes part of a file name.
std::string fresh_name(const Pending& pending) {
  std::random_device random;
  std::array<char, 32> number{};
  std::snprintf(number.data(), number.size(), "%08x%08x", random(), random());
  return number.data() + ("-" + pending.target);
}

std::string read_whole(const std::string& path) {
  const Descriptor in(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  struct stat facts {};
  if (in.number() < 0 || fstat(in.number(), &facts) != 0) fail_with_errno("it cannot be read");
  if (!S_ISREG(facts.st_mode)) throw std::runtime_error("it is no file");
  if (facts.st_size > static_cast<off_t>(kLongestFile)) throw std::runtime_error("it is too long");
  std::string text(static_cast<std::size_t>(facts.st_size), '\0');
  const ssize_t count = read(in.number(), text.data(), text.size());
  if (count < 0) fail_with_errno("it cannot be read");
  text.resize(static_cast<std::size_t>(count));
  return text;
}

std::vector<std::string> names_in(const std::string& directory) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(directory))
    names.push_back(entry.path().filename());
  return names;
}

}  // namespace

std::string encode(const Pending& pending) {
  const auto& what = pending.what;
  const nlohmann::ordered_json out = {
      {"format", kFormat},
      {"target", pending.target},
      {"event", what.notice == Notice::Exceeded ? "exceeded" : "unauthorized"},
      {"when", to_millis(what.when)},
      {"queue_id", what.queue_id},
      {"ref", what.ref},
      {"user", what.user},
      {"client", what.client},
      {"client_name", what.client_name},
      {"recipients", what.recipients},
      {"sender", what.sender},
      {"recipient", what.recipient},
      {"quota", what.quota},
      {"quota_reset", what.quota_reset},
      {"used", what.used},
  };
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace) + "\n";
}

Pending decode(const std::string& text) try {
  const auto in = nlohmann::json::parse(text);
  if (in.at("format").get<int>() != kFormat) throw std::runtime_error("it is of another version");
  Pending out;
  const auto set = [&](const char* name, auto& value) { in.at(name).get_to(value); };
  std::string event;
  std::int64_t when = 0;
  set("target", out.target);
  set("event", event);
  set("when", when);
  set("queue_id", out.what.queue_id);
  set("ref", out.what.ref);
  set("user", out.what.user);
  set("client", out.what.client);
  set("client_name", out.what.client_name);
  set("recipients", out.what.recipients);
  set("sender", out.what.sender);
  set("recipient", out.what.recipient);
  set("quota", out.what.quota);
  set("quota_reset", out.what.quota_reset);
  set("used", out.what.used);
  if (event != "exceeded" && event != "unauthorized") throw std::runtime_error("its event is unknown");
  out.what.notice = event == "exceeded" ? Notice::Exceeded : Notice::Unauthorized;
  if (when < 0 || when > kLastMilli) throw std::runtime_error("its time is impossible");
  out.what.when = from_millis(when);
  return out;
} catch (const nlohmann::json::exception&) {
  throw std::runtime_error("it is no notification");
}

Spool::Spool(std::string directory) : directory_(std::move(directory)) {
  if (mkdir(directory_.c_str(), 0700) != 0 && errno != EEXIST) fail_with_errno("the spool " + directory_);
  lock_ = open_lock(directory_);
  handle_ = Descriptor(open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (handle_.number() < 0) fail_with_errno("the spool " + directory_);
}

std::vector<Pending> Spool::load(const Skipped& skipped) const {
  std::vector<Pending> out;
  for (const auto& name : names_in(directory_)) {
    if (name == kLock) continue;
    // Left by a process that was killed before it finished the file.
    if (name.ends_with(kUnfinished)) {
      unlink(path(name).c_str());
      continue;
    }
    try {
      if (!name.ends_with(kSuffix)) throw std::runtime_error("it is not ours");
      out.push_back(decode(read_whole(path(name))));
      out.back().file = name;
    } catch (const std::runtime_error& error) {
      skipped(name, error.what());
    }
  }
  std::sort(out.begin(), out.end(), [](const Pending& a, const Pending& b) {
    return std::tie(a.what.when, a.file) < std::tie(b.what.when, b.file);
  });
  return out;
}

std::string Spool::keep(const Pending& pending) const {
  const std::string name = fresh_name(pending);
  const std::string unfinished = path(name + std::string(kUnfinished));
  const std::string finished = path(name + std::string(kSuffix));
  try {
    const Descriptor out(
        open(unfinished.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
    if (out.number() < 0) fail_with_errno("open");
    write_all(out.number(), encode(pending));
    if (fsync(out.number()) != 0) fail_with_errno("fsync");
    if (rename(unfinished.c_str(), finished.c_str()) != 0) fail_with_errno("rename");
    if (fsync(handle_.number()) != 0) fail_with_errno("fsync");
  } catch (const std::runtime_error& error) {
    unlink(unfinished.c_str());
    unlink(finished.c_str());
    throw std::runtime_error("the spool " + directory_ + ": " + error.what());
  }
  return name + std::string(kSuffix);
}

void Spool::forget(const std::string& file) const { unlink(path(file).c_str()); }

}  // namespace mailreeve
