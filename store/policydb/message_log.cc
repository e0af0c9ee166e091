// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/message_log.h"

#include <algorithm>
#include <iterator>
#include <string>
#include <utility>

#include "store/sql/sql.h"
#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

constexpr std::size_t kPurgeStep = 500;
// Between two steps of a purge: others want the table, too.
constexpr Milliseconds kPurgePause{100};

// What may be long in it.
std::size_t octets_of(const MessageRecord& record) {
  return record.addresses.size() + record.sender.size() + record.helo.size() + record.client_name.size();
}

bool is(const BackendError& why, SqlError::Kind kind) {
  const auto* error = dynamic_cast<const SqlError*>(&why);
  return error != nullptr && error->kind() == kind;
}

}  // namespace

MessageLog::MessageLog(MessageWrites table, const Settings& settings, const Clock& clock, Log& log)
    : table_(std::move(table)),
      settings_(settings),
      retention_days_(settings.retention_days),
      clock_(clock),
      log_(log),
      outage_("messages", "", log),
      step_(settings.batch),
      purge_step_(kPurgeStep),
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
  bool wake = false;
  {
    auto queue = queue_.lock();
    ++queue->added;
    if (queue->missing && !queue->missing->passed()) {
      ++queue->settled;
      ++queue->lost;
      return;
    }
    queue->octets += octets_of(record);
    queue->records.push_back(std::move(record));
    while (queue->records.size() > settings_.queue || queue->octets > settings_.octets) {
      queue->octets -= octets_of(queue->records.front());
      queue->records.pop_front();
      ++queue->settled;
      ++queue->lost;
      begins = !std::exchange(queue->losing, true);
    }
    // The thread waits for the first, and then until there are enough.
    wake = queue->records.size() == 1 || queue->records.size() == settings_.batch;
  }
  if (wake) changed_.notify_one();
  if (begins) log_.write(Event::MessagesLost, {{"waiting", static_cast<std::int64_t>(settings_.queue)}});
}

bool MessageLog::flush(Deadline deadline) {
  auto queue = queue_.lock();
  const std::uint64_t wanted = queue->added;
  queue->hurry = true;
  changed_.notify_one();
  return queue.wait_until(settled_, deadline.at(), [&](const Queue& now) { return now.settled >= wanted; });
}

void MessageLog::finish(Deadline deadline) {
  flush(deadline);
  std::uint64_t lost = 0;
  {
    auto queue = queue_.lock();
    queue->closed = true;
    queue->lost += queue->added - queue->settled;
    lost = queue->lost - std::exchange(queue->reported, queue->lost);
  }
  changed_.notify_one();
  if (lost != 0) log_.write(Event::MessagesLost, {{"lost", static_cast<std::int64_t>(lost)}});
}

std::uint64_t MessageLog::lost() const { return queue_.lock()->lost; }

std::size_t MessageLog::waiting() const {
  const auto queue = queue_.lock();
  return static_cast<std::size_t>(queue->added - queue->settled);
}

bool MessageLog::missing() const { return queue_.lock()->missing.has_value(); }

void MessageLog::work() {
  const SignalsBlocked no_signals;
  while (wait_for_work()) {
    write_batch();
    if (!failing_) purge();
  }
}

// False when it is over. After a failure it waits, whatever comes, but flush()
// makes it try once more at once.
bool MessageLog::wait_for_work() {
  auto queue = queue_.lock();
  const auto ready = [&](const Queue& now) {
    return now.closed || now.hurry || (!failing_ && (!now.records.empty() || !batch_.empty()));
  };
  queue.wait_until(changed_, failing_ ? Deadline(settings_.pause).at() : next_purge_.at(), ready);
  const auto enough = [&](const Queue& now) {
    return now.closed || now.hurry || now.records.size() >= settings_.batch;
  };
  if (batch_.empty() && !queue->records.empty())
    queue.wait_until(changed_, Deadline(settings_.gather).at(), enough);
  queue->hurry = false;
  if (batch_.empty()) {
    const auto count = std::min(queue->records.size(), settings_.batch);
    const auto end = queue->records.begin() + static_cast<std::ptrdiff_t>(count);
    batch_.assign(std::make_move_iterator(queue->records.begin()), std::make_move_iterator(end));
    queue->records.erase(queue->records.begin(), end);
    for (const auto& record : batch_) queue->octets -= octets_of(record);
  }
  return !queue->closed;
}

void MessageLog::write_batch() {
  failing_ = false;
  if (batch_.empty()) return;
  const std::size_t count = std::min(step_, batch_.size());
  try {
    table_.append(std::span(batch_).first(count), Deadline(settings_.call));
  } catch (const BackendError& error) {
    if (table_missing(error)) return;
    if (count == 1 && is(error, SqlError::Kind::Unfit)) return drop_one();
    failing_ = true;
    step_ = std::max<std::size_t>(count / 2, 1);
    outage_.note_failure(Outage::Part::First, error.what());
    return;
  }
  step_ = std::min(step_ * 2, settings_.batch);
  batch_.erase(batch_.begin(), batch_.begin() + static_cast<std::ptrdiff_t>(count));
  {
    auto queue = queue_.lock();
    queue->settled += count;
    queue->missing.reset();
  }
  settled_.notify_all();
  report_recovery();
  report_end_of_loss();
}

// The log is told of that by others: more than this table is missing.
bool MessageLog::table_missing(const BackendError& why) {
  if (!is(why, SqlError::Kind::Missing)) return false;
  {
    auto queue = queue_.lock();
    queue->missing = Deadline(settings_.look_every);
    queue->lost += batch_.size() + queue->records.size();
    queue->settled += batch_.size() + queue->records.size();
    queue->losing = true;
    queue->records.clear();
    queue->octets = 0;
  }
  batch_.clear();
  settled_.notify_all();
  return true;
}

// A row that this table can never hold must not keep the others out of it.
void MessageLog::drop_one() {
  batch_.erase(batch_.begin());
  {
    auto queue = queue_.lock();
    ++queue->settled;
    ++queue->lost;
    queue->losing = true;
  }
  settled_.notify_all();
  report_end_of_loss();
}

// When nothing waits any more: until then, the next larger batch may fail again.
void MessageLog::report_recovery() {
  if (outage_.told() && batch_.empty() && queue_.lock()->records.empty())
    outage_.note_success(Outage::Part::First);
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
  if (lost != 0) log_.write(Event::MessagesLost, {{"lost", static_cast<std::int64_t>(lost)}});
}

void MessageLog::purge() {
  if (!next_purge_.passed()) return;
  next_purge_ = Deadline(settings_.purge_every);
  const unsigned days = retention_days_;
  if (days == 0 || missing()) return;
  const TimePoint before = clock_.now() - std::chrono::days(days);
  try {
    const std::size_t purged = table_.purge(before, purge_step_, Deadline(settings_.call));
    // It works again when it keeps up, or takes a whole step.
    if (purged < purge_step_ || purge_step_ == kPurgeStep) purge_fails_ = false;
    if (purged >= purge_step_) next_purge_ = Deadline(kPurgePause);
    purge_step_ = std::min(purge_step_ * 2, kPurgeStep);
  } catch (const BackendError& error) {
    if (table_missing(error)) return;
    purge_step_ = std::max<std::size_t>(purge_step_ / 2, 1);
    if (!std::exchange(purge_fails_, true))
      log_.write(Event::StoreTrouble, {{"backend", "messages"}, {"error", std::string_view(error.what())}});
  }
}

}  // namespace mailreeve
