// SPDX-License-Identifier: BSD-2-Clause
#include "store/message_log.h"

#include <algorithm>
#include <iterator>
#include <string>

#include "core/signals_blocked.h"

namespace mailreeve {

namespace {

constexpr int kLongestPause = 30;
constexpr std::size_t kPurgeStep = 500;
// Between two steps of a purge: others want the table, too.
constexpr Milliseconds kPurgePause{100};

}  // namespace

MessageLog::MessageLog(MessageWrites table, const Settings& settings, const Clock& clock, Log& log)
    : table_(std::move(table)),
      settings_(settings),
      retention_days_(settings.retention_days),
      clock_(clock),
      log_(log),
      next_purge_(Milliseconds(0)) {
  thread_ = std::thread([this] { work(); });
}

MessageLog::~MessageLog() {
  queue_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
}

void MessageLog::add(MessageRecord record) {
  bool begins = false;
  {
    auto queue = queue_.lock();
    ++queue->added;
    queue->records.push_back(std::move(record));
    if (queue->records.size() > settings_.queue) {
      queue->records.pop_front();
      ++queue->settled;
      ++queue->lost;
      begins = !std::exchange(queue->losing, true);
    }
  }
  changed_.notify_one();
  if (begins) log_.write(Event::MessagesLost, {{"waiting", static_cast<std::int64_t>(settings_.queue)}});
}

bool MessageLog::flush(Deadline deadline) {
  auto queue = queue_.lock();
  const std::uint64_t wanted = queue->added;
  queue->hurry = true;
  changed_.notify_one();
  return queue.wait_until(settled_, deadline.at(), [&](const Queue& now) { return now.settled >= wanted; });
}

std::uint64_t MessageLog::lost() const { return queue_.lock()->lost; }

std::size_t MessageLog::waiting() const {
  const auto queue = queue_.lock();
  return static_cast<std::size_t>(queue->added - queue->settled);
}

void MessageLog::work() {
  const SignalsBlocked no_signals;
  while (wait_for_work()) {
    write_batch();
    if (backoff_ == Milliseconds(0)) purge();
  }
}

// False when it is over. After a failure it waits, whatever comes, but flush()
// makes it try once more at once.
bool MessageLog::wait_for_work() {
  auto queue = queue_.lock();
  const bool failing = backoff_ != Milliseconds(0);
  const auto ready = [&](const Queue& now) {
    return now.closed || now.hurry || (!failing && !now.records.empty());
  };
  queue.wait_until(changed_, failing ? Deadline(backoff_).at() : next_purge_.at(), ready);
  queue->hurry = false;
  if (batch_.empty()) {
    const auto count = std::min(queue->records.size(), settings_.batch);
    const auto end = queue->records.begin() + static_cast<std::ptrdiff_t>(count);
    batch_.assign(std::make_move_iterator(queue->records.begin()), std::make_move_iterator(end));
    queue->records.erase(queue->records.begin(), end);
  }
  return !queue->closed;
}

void MessageLog::write_batch() {
  if (batch_.empty()) return;
  try {
    table_.append(batch_, Deadline(settings_.call));
  } catch (const BackendError& error) {
    report_failure(error.what());
    backoff_ = std::clamp(backoff_ * 2, settings_.pause, settings_.pause * kLongestPause);
    return;
  }
  backoff_ = Milliseconds(0);
  queue_.lock()->settled += batch_.size();
  batch_.clear();
  settled_.notify_all();
  report_recovery();
  report_end_of_loss();
}

void MessageLog::report_failure(const std::string& why) {
  if (failures_++ == 0)
    log_.write(Event::BackendFailed, {{"backend", "messages"}, {"error", std::string_view(why)}});
}

void MessageLog::report_recovery() {
  if (const auto failures = std::exchange(failures_, 0); failures != 0)
    log_.write(Event::BackendRecovered, {{"backend", "messages"}, {"failures", failures}});
}

// Room again: what was lost is a number now.
void MessageLog::report_end_of_loss() {
  std::uint64_t lost = 0;
  {
    auto queue = queue_.lock();
    if (!queue->losing || queue->records.size() >= settings_.queue) return;
    queue->losing = false;
    lost = queue->lost - std::exchange(queue->reported, queue->lost);
  }
  log_.write(Event::MessagesLost, {{"lost", static_cast<std::int64_t>(lost)}});
}

void MessageLog::purge() {
  if (!next_purge_.passed()) return;
  next_purge_ = Deadline(settings_.purge_every);
  const unsigned days = retention_days_;
  if (days == 0) return;
  const TimePoint before = clock_.now() - std::chrono::days(days);
  try {
    if (table_.purge(before, kPurgeStep, Deadline(settings_.call)) >= kPurgeStep)
      next_purge_ = Deadline(kPurgePause);
  } catch (const BackendError&) {
    // The next one comes soon enough.
  }
}

}  // namespace mailreeve
