// SPDX-License-Identifier: BSD-2-Clause
// Shared by the tests of notifications.
#ifndef MAILREEVE_TEST_NOTIFY_FIXTURE_H
#define MAILREEVE_TEST_NOTIFY_FIXTURE_H

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <map>
#include <mutex>
#include <stdexcept>
#include <string>
#include <vector>

#include "core/log.h"
#include "core/notification.h"
#include "notify/retry.h"
#include "util/time.h"

namespace mailreeve::test {

// From PolicydRateGuard.
inline const std::string kSecret = "Wk9YZXliVlVtY2pQcFlFUm9KY1U1ZkFFaUpWTk1FU20=";
inline constexpr RetryRules kImpatient{.first = Milliseconds(1), .longest = Milliseconds(10)};

inline TimePoint start_time() { return from_millis(1'790'000'000'000); }

inline Notification sample(const std::string& user = "test@example.com") {
  Notification out;
  out.notice = Notice::Exceeded;
  out.when = start_time();
  out.queue_id = "4XyZ123";
  out.ref = "r-1";
  out.user = user;
  out.client = "192.0.2.7";
  out.client_name = "client.example.net";
  out.recipients = 12;
  out.sender = "from@example.com";
  out.recipient = "to@example.org";
  out.quota = 100;
  out.quota_reset = 50;
  out.used = 112;
  return out;
}

// Starts at `start` and advances by `step` at each call.
class StepClock final : public Clock {
 public:
  explicit StepClock(Milliseconds step = Milliseconds(0)) : step_(step) {}
  TimePoint now() const override { return start_time() + step_ * asked_++; }

 private:
  const Milliseconds step_;
  mutable std::atomic<int> asked_{0};
};

// Keeps logged events, and waits for them.
class Events final : public Log {
 public:
  using Fields = std::map<std::string, std::string, std::less<>>;

  bool wants(Severity /*severity*/) const override { return true; }
  using Log::write;
  void write(Event event, std::span<const Field> fields) override {
    Fields values;
    for (const auto& field : fields)
      values[std::string(field.name)] = std::get<std::string_view>(field.value);
    const std::lock_guard lock(mutex_);
    seen_[event].push_back(std::move(values));
    changed_.notify_all();
  }

  // Returns at least `count` of them; throws if they do not come.
  std::vector<Fields> wait(Event event, std::size_t count) {
    constexpr Seconds kPatience(20);
    std::unique_lock lock(mutex_);
    if (!changed_.wait_for(lock, kPatience, [&] { return seen_[event].size() >= count; }))
      throw std::runtime_error(std::string(row_of(event).name) + " did not come");
    return seen_[event];
  }
  std::vector<Fields> seen(Event event) {
    const std::lock_guard lock(mutex_);
    return seen_[event];
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<Event, std::vector<Fields>> seen_;
};

inline void write_file(const std::string& path, const std::string& text) { std::ofstream(path) << text; }

inline std::string read_file(const std::string& path) {
  std::ifstream in(path);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline std::string write_script(const std::string& path, const std::string& lines) {
  write_file(path, "#!/bin/sh\n" + lines);
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

// The finished files of a spool.
inline std::vector<std::string> files_in(const std::string& spool) {
  std::vector<std::string> out;
  if (!std::filesystem::exists(spool)) return out;
  for (const auto& entry : std::filesystem::directory_iterator(spool))
    if (entry.path().filename() != "lock" && entry.path().extension() != ".new")
      out.push_back(entry.path().string());
  return out;
}

}  // namespace mailreeve::test

#endif
