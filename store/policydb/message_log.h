// SPDX-License-Identifier: BSD-2-Clause
// Writes messages into their table in the background. add() never waits for the
// database: what it cannot take in time is lost, counted and reported. The log is
// told once that the table takes nothing, and once that it does again. While there
// is no such table, nothing is kept for it. Safe to call from any thread, but not
// across fork().
#ifndef MAILREEVE_STORE_POLICYDB_MESSAGE_LOG_H
#define MAILREEVE_STORE_POLICYDB_MESSAGE_LOG_H

#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <thread>
#include <vector>

#include "core/log.h"
#include "core/message_record.h"
#include "store/outage.h"
#include "util/backend_error.h"
#include "util/guarded.h"

namespace mailreeve {

// What it needs of the table: MessageTable's calls.
struct MessageWrites {
  std::function<void(std::span<const MessageRecord>, Deadline)> append;
  std::function<std::size_t(TimePoint before, std::size_t most, Deadline)> purge;
};

class MessageLog final : public MessageSink {
 public:
  struct Settings {
    unsigned retention_days = 0;  // 0: kept for ever
    std::size_t queue = 10'000;
    std::size_t octets = 64 << 20;  // of text in the queue
    std::size_t batch = 500;        // at most; half as many after each failure
    Milliseconds pause{1000};       // after a failure
    Milliseconds call{10'000};      // bounds one call of the table
    Milliseconds purge_every{60'000};
    Milliseconds look_every{60'000};  // for a table that is missing
  };

  MessageLog(MessageWrites table, const Settings& settings, const Clock& clock, Log& log);
  // Waits for at most the call that is running. What is queued is lost: finish()
  // before.
  ~MessageLog() override;
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;

  // When there is no room, the oldest gives way.
  void add(MessageRecord record) override;
  // Whether everything added before is in the table; waits for it until then.
  bool flush(Deadline deadline);
  // As flush(), and nothing is written any more; what was not is lost, and the log is told.
  void finish(Deadline deadline);
  // From the next purge on.
  void set_retention(unsigned days) { retention_days_ = days; }
  // Since the start.
  std::uint64_t lost() const;
  std::size_t waiting() const;
  // There was no such table at the last look.
  bool missing() const;

 private:
  struct Queue {
    std::deque<MessageRecord> records;
    std::size_t octets = 0;  // of their texts
    std::uint64_t added = 0;
    std::uint64_t settled = 0;  // written or lost
    std::uint64_t lost = 0;
    std::uint64_t reported = 0;  // of those
    bool losing = false;
    std::optional<Deadline> missing;  // until the next look
    bool hurry = false;
    bool closed = false;
  };

  void work();
  bool wait_for_work();
  void write_batch();
  void purge();
  // Whether that is why.
  bool table_missing(const BackendError& why);
  void drop_one();
  void report_recovery();
  void report_end_of_loss();

  const MessageWrites table_;
  const Settings settings_;
  std::atomic<unsigned> retention_days_;
  const Clock& clock_;
  Log& log_;
  mutable Guarded<Queue> queue_;
  std::condition_variable changed_;
  std::condition_variable settled_;
  // Only the thread's.
  bool failing_ = false;  // the last append
  Outage outage_;         // of append; over when all was written
  std::size_t step_;      // how many rows at a time
  std::size_t purge_step_;
  bool purge_fails_ = false;
  Deadline next_purge_;
  std::vector<MessageRecord> batch_;  // that is being written, again and again if need be
  std::thread thread_;
};

}  // namespace mailreeve

#endif
