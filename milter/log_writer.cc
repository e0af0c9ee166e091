// SPDX-License-Identifier: BSD-2-Clause
#include "milter/log_writer.h"

#include <config.h>
#include <fcntl.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#include <spdlog/sinks/systemd_sink.h>
#endif

#include <stdexcept>

#include "core/time.h"
#include "milter/log_format.h"

namespace mailreeve {

namespace {

constexpr std::string_view kFile = "file:";

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return spdlog::level::err;
    case Severity::Warning:
      return spdlog::level::warn;
    // spdlog has no notice; syslog_sink and systemd_sink make LOG_INFO of info.
    case Severity::Notice:
    case Severity::Info:
      return spdlog::level::info;
  }
  return spdlog::level::err;
}

spdlog::sink_ptr make_sink(const std::string& target) {
  if (target == "stderr") return std::make_shared<spdlog::sinks::stderr_sink_mt>();
  if (target == "syslog")
    return std::make_shared<spdlog::sinks::syslog_sink_mt>("mailreeve", LOG_PID, LOG_MAIL, false);
  if (target == "journal") {
#ifdef HAVE_SYSTEMD
    return std::make_shared<spdlog::sinks::systemd_sink_mt>("mailreeve");
#else
    throw std::runtime_error("log-target = journal: this mailreeve was built without systemd");
#endif
  }
  const std::string path = target.substr(kFile.size());
  // It holds addresses. What cannot be opened, spdlog tells.
  const int fresh = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_NONBLOCK | O_CLOEXEC, 0640);
  if (fresh >= 0) close(fresh);
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(path);
  } catch (const spdlog::spdlog_ex& error) {
    throw std::runtime_error("log-target = " + target + ": " + error.what());
  }
}

bool stamps_itself(const std::string& target) { return target == "syslog" || target == "journal"; }

std::shared_ptr<spdlog::logger> make_logger(const std::string& target) {
  auto logger = std::make_shared<spdlog::logger>("mailreeve", make_sink(target));
  // Lines come finished: format_text() and format_json() made them.
  logger->set_pattern("%v");
  logger->flush_on(spdlog::level::trace);
  return logger;
}

}  // namespace

LogWriter::LogWriter(std::string target, LogFormat format, Severity level)
    : target_(std::move(target)), format_(format), level_(level), logger_(make_logger(target_)) {}

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
    line = format_json(event, fields, format_rfc3339(SystemClock().now()));
  } else if (stamps_itself(target_)) {
    line = format_text(event, fields);
  } else {
    line = format_rfc3339(SystemClock().now()) + " mailreeve[" + std::to_string(getpid()) +
           "]: " + std::string(to_string(severity)) + ": " + format_text(event, fields);
  }
  logger()->log(level_of(severity), spdlog::string_view_t(line));
}

void LogWriter::reconfigure(LogFormat format, Severity level) {
  format_ = format;
  level_ = level;
}

void LogWriter::reopen() {
  if (!target_.starts_with(kFile)) return;
  auto fresh = make_logger(target_);
  const std::lock_guard lock(mutex_);
  logger_ = std::move(fresh);
}

}  // namespace mailreeve
