// SPDX-License-Identifier: BSD-2-Clause
#include "notify/notifier.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <exception>
#include <random>

#include "notify/command_target.h"
#include "notify/mail.h"
#include "notify/payload.h"
#include "notify/webhook.h"
#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// Limits the notifications pending for all targets, and separately those not yet spooled.
constexpr std::size_t kMostPending = 1000;

std::string system_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

double random_chance() {
  static thread_local std::minstd_rand random(std::random_device{}());
  return std::uniform_real_distribution<double>(0, 1)(random);
}

}  // namespace

Targets make_targets(const NotifySettings& settings) {
  Targets out;
  if (!settings.webhook_url.empty()) out.push_back(std::make_shared<Webhook>(settings));
  if (!settings.command.empty()) out.push_back(std::make_shared<CommandTarget>(settings));
  if (!settings.mail_to.empty()) out.push_back(std::make_shared<Mail>(settings));
  return out;
}

Notifier::Notifier(NotifySettings settings, Log& log, const Clock& clock, RetryRules retry, MakeTargets make,
                   MayForget may_forget)
    : log_(log), clock_(clock), retry_(retry), make_(std::move(make)), may_forget_(std::move(may_forget)) {
  configure(std::move(settings));
  const SignalsBlocked no_signals;
  keeper_ = std::thread([this] { keep_all(); });
  deliverer_ = std::thread([this] { deliver_all(); });
}

Notifier::~Notifier() { stop(); }

void Notifier::configure(NotifySettings settings) {
  if (settings.host.empty()) settings.host = system_host();
  const Targets targets = make_(settings);
  std::unique_ptr<const Spool> spool;
  std::vector<Pending> found;
  // No other thread changes spool_.
  if (!targets.empty() && spool_ == nullptr) {
    spool = std::make_unique<const Spool>(settings.spool);
    found = spool->load([&](const std::string& file, const std::string& why) {
      log_.write(Event::NotificationFailed, {{"file", file}, {"error", why}, {"next", "skipped"}});
    });
  }
  const Lock lock(mutex_);
  enabled_ = !targets.empty();
  give_up_ = settings.give_up;
  if (spool) spool_ = std::move(spool);
  for (auto& pending : found) {
    auto& lane = lanes_[pending.target];
    lane.pending.push_back(std::move(pending));
    ++counts_.pending;
  }
  for (auto& [name, lane] : lanes_) lane.target.reset();
  for (const auto& target : targets) lanes_[std::string(target->name())].target = target;
  // The new settings may fix what failed.
  for (auto& [name, lane] : lanes_) {
    lane.failures = 0;
    lane.due = SteadyTime();
  }
  changed_.notify_all();
}

void Notifier::reconfigure(NotifySettings settings) { configure(std::move(settings)); }

void Notifier::add(const Notification& what) {
  const Lock lock(mutex_);
  if (!enabled_ || stopping_) return;
  if (added_.size() >= kMostPending) {
    ++counts_.dropped;
    return;
  }
  added_.push_back(what);
  changed_.notify_all();
}

void Notifier::stop() {
  {
    const Lock lock(mutex_);
    stopping_ = true;
  }
  stop_.raise();
  changed_.notify_all();
  if (keeper_.joinable()) keeper_.join();
  if (deliverer_.joinable()) deliverer_.join();
}

Notifier::Counts Notifier::counts() const {
  const Lock lock(mutex_);
  return counts_;
}

// The keeper thread. Ends when nothing is left to spool.
void Notifier::keep_all() {
  Lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [&] { return stopping_ || !added_.empty(); });
    if (added_.empty()) return;
    const Notification what = std::move(added_.front());
    added_.pop_front();
    std::vector<std::string> targets;
    for (const auto& [name, lane] : lanes_)
      if (lane.target) targets.push_back(name);
    const Spool& spool = *spool_;
    lock.unlock();
    keep(well_formed(what), targets, spool);
    lock.lock();
  }
}

void Notifier::keep(const Notification& what, const std::vector<std::string>& targets, const Spool& spool) {
  for (const auto& target : targets) {
    Pending pending{.file = {}, .target = target, .what = what};
    if (!reserve()) {
      report({std::move(pending), "dropped", "too many are pending"});
      continue;
    }
    try {
      pending.file = spool.keep(pending);
    } catch (const std::runtime_error& error) {
      // It can still be delivered if the daemon lives long enough.
      report({pending, "retry", error.what()});
    }
    const Lock lock(mutex_);
    lanes_[target].pending.push_back(std::move(pending));
    changed_.notify_all();
  }
}

// Counts one more pending notification. Returns false if too many are pending.
bool Notifier::reserve() {
  const Lock lock(mutex_);
  const bool free = counts_.pending < kMostPending;
  if (free) {
    ++counts_.pending;
  } else {
    ++counts_.dropped;
  }
  return free;
}

// The deliverer thread.
void Notifier::deliver_all() {
  Lock lock(mutex_);
  while (!stopping_) {
    if (Lane* lane = due_lane(SteadyClock::now())) {
      deliver_one(lock, *lane);
    } else {
      const SteadyTime next = next_due();
      if (next == SteadyTime::max()) {
        changed_.wait(lock);
      } else {
        changed_.wait_until(lock, next);
      }
    }
  }
}

Notifier::Lane* Notifier::due_lane(SteadyTime now) {
  Lane* found = nullptr;
  for (auto& [name, lane] : lanes_)
    if (!lane.pending.empty() && lane.due <= now && (found == nullptr || lane.due < found->due))
      found = &lane;
  return found;
}

SteadyTime Notifier::next_due() const {
  auto next = SteadyTime::max();
  for (const auto& [name, lane] : lanes_)
    if (!lane.pending.empty()) next = std::min(next, lane.due);
  return next;
}

void Notifier::deliver_one(Lock& lock, Lane& lane) {
  Pending pending = std::move(lane.pending.front());
  lane.pending.pop_front();
  const std::shared_ptr<Target> target = lane.target;
  lock.unlock();
  const Attempt result = attempt(target.get(), pending);
  lock.lock();
  const auto reports = settle(lane, std::move(pending), result);
  const Spool& spool = *spool_;
  lock.unlock();
  for (const auto& each : reports) {
    if (each.next != "retry" && !each.pending.file.empty()) spool.forget(each.pending.file);
    report(each);
  }
  lock.lock();
}

Attempt Notifier::attempt(Target* target, const Pending& pending) const {
  if (target == nullptr) return Attempt::failed("this target is not configured any more");
  try {
    return target->deliver(pending.what, clock_.now(), stop_);
  } catch (const std::exception& error) {
    return Attempt::failed(error.what());
  }
}

// Applies the result of an attempt. The caller holds the lock.
std::vector<Notifier::Report> Notifier::settle(Lane& lane, Pending pending, const Attempt& attempt) {
  std::vector<Report> reports;
  // Makes lanes take turns.
  lane.due = SteadyClock::now();
  switch (attempt.result) {
    case Attempt::Result::Delivered:
      lane.failures = 0;
      ++counts_.delivered;
      --counts_.pending;
      reports.push_back({std::move(pending), "", ""});
      break;
    case Attempt::Result::Refused:
      lane.failures = 0;
      ++counts_.given_up;
      --counts_.pending;
      reports.push_back({std::move(pending), "given-up", attempt.error});
      break;
    case Attempt::Result::Failed:
      lane.pending.push_back(std::move(pending));
      fail(lane, attempt.error, reports);
      break;
    case Attempt::Result::Interrupted:
      lane.pending.push_front(std::move(pending));
      break;
  }
  return reports;
}

// Handles the failure of the lane's last notification.
void Notifier::fail(Lane& lane, const std::string& error, std::vector<Report>& reports) {
  if (lane.failures == 0) reports.push_back({lane.pending.back(), "retry", error});
  // 2^30 times the first pause exceeds any longest pause.
  lane.failures = std::min(lane.failures + 1, 30);
  lane.due = SteadyClock::now() + retry_.pause(lane.failures, random_chance());
  const auto now = clock_.now();
  if (!may_forget_()) return;
  const auto overdue = [&](const Pending& pending) { return now - pending.what.when >= give_up_; };
  for (const auto& pending : lane.pending)
    if (overdue(pending)) reports.push_back({pending, "given-up", error});
  const auto count = std::erase_if(lane.pending, overdue);
  counts_.given_up += count;
  counts_.pending -= count;
}

void Notifier::report(const Report& report) const {
  const auto& pending = report.pending;
  const auto what = to_string(pending.what.notice);
  if (report.next.empty()) {
    log_.write(
        Event::NotificationSent,
        {{"target", pending.target}, {"what", what}, {"user", pending.what.user}, {"ref", pending.what.ref}});
  } else {
    log_.write(Event::NotificationFailed, {{"target", pending.target},
                                           {"what", what},
                                           {"user", pending.what.user},
                                           {"ref", pending.what.ref},
                                           {"error", report.error},
                                           {"next", report.next}});
  }
}

}  // namespace mailreeve
