// SPDX-License-Identifier: BSD-2-Clause
#include "milter/log_writer.h"

#include <config.h>
#include <spdlog/sinks/basic_file_sink.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/sinks/syslog_sink.h>
#include <spdlog/spdlog.h>
#ifdef HAVE_SYSTEMD
#include <spdlog/sinks/systemd_sink.h>
#endif

#include <nlohmann/json.hpp>
#include <stdexcept>

#include "core/time.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMaxValue = 512;
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

bool is_plain(char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '='; }

void append_quoted(std::string& out, std::string_view value) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out += '"';
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      const auto octet = static_cast<unsigned char>(c);
      out += "\\x";
      out += kHex[octet >> 4];
      out += kHex[octet & 15];
    }
  }
  out += '"';
}

void append_value(std::string& out, std::string_view value) {
  const bool cut = value.size() > kMaxValue;
  value = value.substr(0, kMaxValue);
  if (!cut && !value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
    out += value;
    return;
  }
  append_quoted(out, value);
  if (cut) out += "...";
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
  try {
    return std::make_shared<spdlog::sinks::basic_file_sink_mt>(target.substr(kFile.size()));
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

std::string format_text(Event event, std::span<const Field> fields) {
  std::string out(row_of(event).name);
  out.reserve(320);
  for (const auto& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      append_value(out, *text);
    } else {
      out += std::to_string(std::get<std::int64_t>(field.value));
    }
  }
  return out;
}

std::string format_json(Event event, std::span<const Field> fields, std::string_view time) {
  nlohmann::ordered_json out;
  out["time"] = time;
  out["severity"] = to_string(row_of(event).severity);
  out["event"] = row_of(event).name;
  for (const auto& field : fields) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      out[std::string(field.name)] = text->substr(0, kMaxValue);
    } else {
      out[std::string(field.name)] = std::get<std::int64_t>(field.value);
    }
  }
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

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
