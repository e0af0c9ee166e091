// SPDX-License-Identifier: BSD-2-Clause
// The daemon's log: events as lines of text or JSON, to syslog, the journal,
// stderr or a file.
#ifndef MAILREEVE_DAEMON_LOG_WRITER_H
#define MAILREEVE_DAEMON_LOG_WRITER_H

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "config/settings.h"
#include "core/log.h"
#include "daemon/log_sinks.h"

namespace spdlog {
class logger;
}

namespace mailreeve {

class LogWriter final : public Log {
 public:
  // Throws std::runtime_error with a sentence if the target cannot be opened.
  LogWriter(std::string target, LogFormat format, Severity level);
  ~LogWriter() override;

  bool wants(Severity severity) const override { return severity <= level_.load(std::memory_order_relaxed); }
  using Log::write;
  void write(Event event, std::span<const Field> fields) override;

  void reconfigure(LogFormat format, Severity level);
  // Reopens a file by its name, since it may have been moved. If that fails, keeps
  // the old one, and throws std::runtime_error.
  void reopen();

 private:
  std::shared_ptr<spdlog::logger> logger() const;

  const std::string target_;
  const std::string host_;
  const pid_t pid_;
  LostLines lost_;
  std::atomic<LogFormat> format_;
  std::atomic<Severity> level_;
  mutable std::mutex mutex_;  // guards logger_
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace mailreeve

#endif
