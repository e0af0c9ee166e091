// SPDX-License-Identifier: BSD-2-Clause
// Delivers notifications to every configured target in the background: one thread
// adds them to the spool, another delivers them. After a failure, a target has a
// pause; then it is the turn of another of its notifications. A notification that
// was delivered just before a crash may be delivered again.
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
// The targets in the settings. Throws std::runtime_error with a sentence.
Targets make_targets(const NotifySettings& settings);

// Safe to use from any thread; but only one may call reconfigure() and stop().
class Notifier final : public Notifications {
 public:
  using MakeTargets = std::function<Targets(const NotifySettings&)>;
  using MayForget = std::function<bool()>;

  // Resumes with the contents of the spool. Does not touch the spool while there is
  // no target. While `may_forget` returns false, gives up no notification for its age.
  // Throws std::runtime_error with a sentence.
  Notifier(
      NotifySettings settings, Log& log, const Clock& clock, RetryRules retry = {},
      MakeTargets make = make_targets, MayForget may_forget = [] { return true; });
  ~Notifier() override;
  Notifier(const Notifier&) = delete;
  Notifier& operator=(const Notifier&) = delete;

  void add(const Notification& what) override;

  // Applies to attempts from now on. Notifications for a removed target wait for its
  // return until they are given up. The location of the spool cannot change. If it
  // throws std::runtime_error, nothing has changed.
  void reconfigure(NotifySettings settings);

  // Spools what was added, interrupts deliveries, and ends; the spool keeps all of it
  // for the next start.
  void stop();

  // Counts since the start. A notification counts once for each target.
  struct Counts {
    std::uint64_t delivered = 0;
    std::uint64_t given_up = 0;
    std::uint64_t dropped = 0;
    std::size_t pending = 0;
  };
  Counts counts() const;

 private:
  using Lock = std::unique_lock<std::mutex>;

  // One target's notifications, and its recent failures.
  struct Lane {
    std::shared_ptr<Target> target;  // none: it is not configured
    std::deque<Pending> pending;
    int failures = 0;  // in a row
    SteadyTime due;    // no attempt before
  };
  // A log line about a notification, to be written without the lock.
  struct Report {
    Pending pending;
    std::string_view next;  // empty: delivered
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

  mutable std::mutex mutex_;  // guards the following members
  std::condition_variable changed_;
  bool stopping_ = false;
  bool enabled_ = false;
  Milliseconds give_up_{0};
  std::unique_ptr<const Spool> spool_;  // once made, it stays
  std::deque<Notification> added_;
  std::map<std::string, Lane, std::less<>> lanes_;
  Counts counts_;

  std::thread keeper_;
  std::thread deliverer_;
};

}  // namespace mailreeve

#endif
