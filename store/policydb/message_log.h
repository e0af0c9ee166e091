// SPDX-License-Identifier: BSD-2-Clause
// Writes messages into their table in the background. add() never waits for the
// database: messages that it cannot take in time are lost, counted and reported. The
// log gets one line when writing fails, and one when it works again. While there is no
// such table, keeps no messages. Safe to call from any thread, but not across fork().
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

// The calls of MessageTable that it needs.
struct MessageWrites {
  std::function<void(std::span<const MessageRecord>, Deadline)> append;
  std::function<std::size_t(TimePoint before, std::size_t most, Deadline)> purge;
};

class MessageLog final : public MessageSink {
 public:
  struct Settings {
    unsigned retention_days = 0;  // 0: kept forever
    std::size_t queue = 10'000;
    std::size_t octets = 64 << 20;  // of text in the queue
    std::size_t batch = 500;        // at most; half as many after each failure
    Milliseconds gather{50};        // what comes in this time after the first is written with it
    Milliseconds pause{1000};       // after a failure
    Milliseconds call{10'000};      // bounds one call of the table
    Milliseconds purge_every{60'000};
    Milliseconds look_every{60'000};  // for a missing table
  };

  MessageLog(MessageWrites table, const Settings& settings, const Clock& clock, Log& log);
  // Waits for at most the call in progress. Queued messages are lost: call finish()
  // first.
  ~MessageLog() override;
  MessageLog(const MessageLog&) = delete;
  MessageLog& operator=(const MessageLog&) = delete;

  // When there is no room, the oldest gives way.
  void add(MessageRecord record) override;
  // Whether everything added before is in the table; waits for that until the deadline.
  bool flush(Deadline deadline);
  // Like flush(), and then stops writing; the rest is lost and logged.
  void finish(Deadline deadline);
  // Takes effect at the next purge.
  void set_retention(unsigned days) { retention_days_ = days; }
  // Counted since the start.
  std::uint64_t lost() const;
  std::size_t waiting() const;
  // There was no such table at the last check.
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
    std::optional<Deadline> missing;  // until the next check
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
  // Used only by the thread.
  bool failing_ = false;  // the last append
  Outage outage_;         // of append; ends when everything is written
  std::size_t step_;      // how many rows at a time
  std::size_t purge_step_;
  bool purge_fails_ = false;
  Deadline next_purge_;
  std::vector<MessageRecord> batch_;  // being written, repeatedly if necessary
  std::thread thread_;
};

}  // namespace mailreeve

#endif
