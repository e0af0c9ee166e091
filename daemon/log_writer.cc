// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_writer.h"

#include <fcntl.h>
#include <spdlog/spdlog.h>
#include <unistd.h>

#include <array>
#include <cstdio>
#include <stdexcept>

#include "daemon/log_format.h"
#include "util/fail_with_errno.h"
#include "util/time.h"

namespace mailreeve {

namespace {

constexpr std::string_view kFile = "file:";

std::string system_host() {
  std::array<char, 256> name{};
  return gethostname(name.data(), name.size() - 1) == 0 ? name.data() : "localhost";
}

spdlog::sink_ptr make_sink(const std::string& target, LostLines& lost) {
  if (target == "syslog") return make_syslog_sink();
  if (target == "journal") {
    if (auto sink = make_journal_sink()) return sink;
    throw std::runtime_error("log-target = journal: this mailreeve was built without systemd");
  }
  const bool to_file = target.starts_with(kFile);
  // It holds addresses.
  const int descriptor = to_file ? open(target.c_str() + kFile.size(),
                                        O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_CLOEXEC, 0640)
                                 : fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
  if (descriptor < 0) fail_with_errno("log-target = " + target);
  return make_file_sink(descriptor, lost);
}

bool stamps_itself(const std::string& target) { return target == "syslog" || target == "journal"; }

std::shared_ptr<spdlog::logger> make_logger(const std::string& target, LostLines& lost) {
  auto logger = std::make_shared<spdlog::logger>("mailreeve", make_sink(target, lost));
  logger->set_level(spdlog::level::trace);
  // Once, and not into a log that does not take it.
  logger->set_error_handler([&lost, target](const std::string& why) {
    if (target != "stderr" && lost.count <= 1) std::fprintf(stderr, "mailreeve: %s\n", why.c_str());
  });
  return logger;
}

}  // namespace

LogWriter::LogWriter(std::string target, LogFormat format, Severity level)
    : target_(std::move(target)),
      host_(system_host()),
      pid_(getpid()),
      format_(format),
      level_(level),
      logger_(make_logger(target_, lost_)) {}

LogWriter::~LogWriter() = default;

std::shared_ptr<spdlog::logger> LogWriter::logger() const {
  const std::lock_guard lock(mutex_);
  return logger_;
}

void LogWriter::write(Event event, std::span<const Field> fields) {
  const Severity severity = row_of(event).severity;
  if (!wants(severity)) return;
  std::string line;
  if (format_ == LogFormat::Json) {
    line =
        format_json(event, fields, {.time = format_rfc3339(SystemClock().now()), .host = host_, .pid = pid_});
  } else if (stamps_itself(target_)) {
    line = format_text(event, fields);
  } else {
    line = format_rfc3339(SystemClock().now()) + " mailreeve[" + std::to_string(pid_) +
           "]: " + std::string(to_string(severity)) + ": " + format_text(event, fields);
  }
  logger()->log(level_of(severity), spdlog::string_view_t(line));
  if (lost_.failing) return;
  if (const std::int64_t lines = lost_.count.exchange(0); lines != 0)
    write(Event::LogLost, {{"lines", lines}});
}

void LogWriter::reconfigure(LogFormat format, Severity level) {
  format_ = format;
  level_ = level;
}

void LogWriter::reopen() {
  if (!target_.starts_with(kFile)) return;
  auto fresh = make_logger(target_, lost_);
  const std::lock_guard lock(mutex_);
  logger_ = std::move(fresh);
}

}  // namespace mailreeve
