// SPDX-License-Identifier: BSD-2-Clause
// Delivers notifications to every configured target in the background: one thread
// spools them, another delivers them. After a failure, a target pauses and then
// continues with its next notification. A notification that was delivered just
// before a crash may be delivered again.
#ifndef MAILREEVE_NOTIFY_NOTIFIER_H
#define MAILREEVE_NOTIFY_NOTIFIER_H

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"
#include "core/notification.h"
#include "notify/interrupt.h"
#include "notify/retry.h"
#include "notify/settings.h"
#include "notify/spool.h"
#include "notify/target.h"

namespace mailreeve {

using Targets = std::vector<std::shared_ptr<Target>>;
// Makes the configured targets. Throws std::runtime_error with a sentence.
Targets make_targets(const NotifySettings& settings);

// Safe to use from any thread, but only one thread may call reconfigure() and stop().
class Notifier final : public Notifications {
 public:
  using MakeTargets = std::function<Targets(const NotifySettings&)>;
  using MayForget = std::function<bool()>;

  // Resumes with the contents of the spool. Does not touch the spool while no target
  // is configured. Gives up no notification because of its age while `may_forget`
  // returns false. Throws std::runtime_error with a sentence.
  Notifier(
      NotifySettings settings, Log& log, const Clock& clock, RetryRules retry = {},
      MakeTargets make = make_targets, MayForget may_forget = [] { return true; });
  ~Notifier() override;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void add(const Notification& what) override;

  // Affects all later attempts. Notifications for a removed target wait for its
  // return until they are given up. The location of the spool cannot change. Changes
  // nothing if it throws std::runtime_error.
  void reconfigure(NotifySettings settings);

  // Spools what was added, interrupts deliveries, and ends. The spool keeps
  // everything for the next start.
  void stop();

  // Counts since startup. A notification counts once for each target.
  struct Counts {
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
    std::uint64_t dropped = 0;
    std::size_t pending = 0;
  };
  Counts counts() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // One target's pending notifications and its recent failures.
  struct Lane {
    std::shared_ptr<Target> target;  // null if not configured
    std::deque<Pending> pending;
    int failures = 0;  // in a row
    SteadyTime due;    // no attempt before this time
  };
  // A log line about a notification, to be written after the lock is released.
  struct Report {
    Pending pending;
    std::string_view next;  // empty if delivered
    std::string error;
  };

  void configure(NotifySettings settings);
  void keep_all();
  void keep(const Notification& what, const std::vector<std::string>& targets, const Spool& spool);
  bool reserve();
  void deliver_all();
  void deliver_one(Lock& lock, Lane& lane);
  Lane* due_lane(SteadyTime now);
  SteadyTime next_due() const;
  Attempt attempt(Target* target, const Pending& pending) const;
  std::vector<Report> settle(Lane& lane, Pending pending, const Attempt& attempt);
  void fail(Lane& lane, const std::string& error, std::vector<Report>& reports);
  void report(const Report& report) const;

  Log& log_;
  const Clock& clock_;
  const RetryRules retry_;
  const MakeTargets make_;
  const MayForget may_forget_;
  Interrupt stop_;

  mutable std::mutex mutex_;  // guards the members below
  std::condition_variable changed_;
  bool stopping_ = false;
  bool enabled_ = false;
  Milliseconds give_up_{0};
  std::unique_ptr<const Spool> spool_;  // stays once made
  std::deque<Notification> added_;
  std::map<std::string, Lane, std::less<>> lanes_;
  Counts counts_;

  std::thread keeper_;
  std::thread deliverer_;
};

}  // namespace mailreeve

#endif
