// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_sinks.h"

#include <config.h>
#include <spdlog/sinks/base_sink.h>
#include <sys/stat.h>
#include <syslog.h>
#include <unistd.h>
#ifdef HAVE_SYSTEMD
#define SD_JOURNAL_SUPPRESS_LOCATION
#include <systemd/sd-journal.h>
#endif

#include <cerrno>
#include <cstdlib>
#include <mutex>

#include "util/descriptor.h"

namespace mailreeve {

namespace {

int syslog_priority(spdlog::level::level_enum level) {
  switch (level) {
    case spdlog::level::err:
      return LOG_ERR;
    case spdlog::level::warn:
      return LOG_WARNING;
    case spdlog::level::info:
      return LOG_NOTICE;
    default:
      return LOG_INFO;
  }
}

class FileSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  FileSink(int descriptor, LostLines& lost) : file_(descriptor), lost_(lost) {}

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    std::string text = torn_ ? "\n" : "";
    text.append(message.payload.data(), message.payload.size());
    text += '\n';
    const std::size_t written = write_some(text);
    if (written != 0) torn_ = text[written - 1] != '\n';
    lost_.failing = written != text.size();
    if (written == text.size()) return;
    ++lost_.count;
    spdlog::throw_spdlog_ex("the log cannot be written", errno);
  }

  // All of it, unless errno says why not.
  std::size_t write_some(const std::string& text) const {
    std::size_t done = 0;
    while (done < text.size()) {
      const ssize_t count = write(file_.number(), text.data() + done, text.size() - done);
      if (count > 0) {
        done += static_cast<std::size_t>(count);
      } else if (count == 0 || errno != EINTR) {
        break;
      }
    }
    return done;
  }

  void flush_() override {}

  const Descriptor file_;
  LostLines& lost_;
  bool torn_ = false;  // the file ends within a line
};

class SyslogSink final : public spdlog::sinks::base_sink<std::mutex> {
 public:
  SyslogSink() { openlog("mailreeve", LOG_PID | LOG_NDELAY, LOG_MAIL); }
  ~SyslogSink() override { closelog(); }
  SyslogSink(const SyslogSink&) = delete;
  SyslogSink& operator=(const SyslogSink&) = delete;

 private:
  void sink_it_(const spdlog::details::log_msg& message) override {
    syslog(syslog_priority(message.level), "%.*s", static_cast<int>(message.payload.size()),
           message.payload.data());
  }
  void flush_() override {}
};

#ifdef HAVE_SYSTEMD
class JournalSink final : public spdlog::sinks::base_sink<std::mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    const int error =
        sd_journal_send("MESSAGE=%.*s", static_cast<int>(message.payload.size()), message.payload.data(),
                        "PRIORITY=%d", syslog_priority(message.level), "SYSLOG_IDENTIFIER=mailreeve",
                        "SYSLOG_FACILITY=%d", LOG_FAC(LOG_MAIL), nullptr);
    if (error != 0) spdlog::throw_spdlog_ex("the journal cannot be written", -error);
  }
  void flush_() override {}
};
#endif

}  // namespace

spdlog::level::level_enum level_of(Severity severity) {
  switch (severity) {
    case Severity::Error:
      return spdlog::level::err;
    case Severity::Warning:
      return spdlog::level::warn;
    case Severity::Notice:
      return spdlog::level::info;
    case Severity::Info:
      return spdlog::level::debug;
  }
  return spdlog::level::err;
}

spdlog::sink_ptr make_file_sink(int descriptor, LostLines& lost) {
  return std::make_shared<FileSink>(descriptor, lost);
}

spdlog::sink_ptr make_syslog_sink() { return std::make_shared<SyslogSink>(); }

#ifdef HAVE_SYSTEMD

spdlog::sink_ptr make_journal_sink() { return std::make_shared<JournalSink>(); }

bool stderr_is_journal() {
  struct stat found {};
  const char* stream = std::getenv("JOURNAL_STREAM");
  return stream != nullptr && fstat(STDERR_FILENO, &found) == 0 &&
         stream == std::to_string(found.st_dev) + ":" + std::to_string(found.st_ino);
}

#else

spdlog::sink_ptr make_journal_sink() { return nullptr; }
bool stderr_is_journal() { return false; }

#endif

}  // namespace mailreeve
