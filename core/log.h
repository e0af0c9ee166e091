// SPDX-License-Identifier: BSD-2-Clause
// The log: events from one table, each with typed fields. The implementation
// decides how to write them; values are passed unescaped, and it escapes them.
#ifndef MAILREEVE_CORE_LOG_H
#define MAILREEVE_CORE_LOG_H

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string_view>
#include <variant>

namespace mailreeve {

enum class Severity { Error, Warning, Notice, Info };

enum class Event {
  Started,
  Stopping,
  Stopped,
  Reloaded,
  ReloadFailed,
  Verdict,
  Message,
  BackendFailed,
  BackendRecovered,
  StoreTrouble,
  NotificationSent,
  NotificationFailed,
  MessagesLost,
  TablesMissing,
  AccessRuleSkipped,
  MilterError,
  ProtocolError,
  ThreadsBusy,
  Bug,
  DnsListFailed,
  DnsListRecovered,
  FilesLow,
  LogLost,
  ClockShifted,
};

struct EventRow {
  Event event;
  std::string_view name;  // as logged
  Severity severity;
  std::string_view manual;  // one or two sentences for the man page
};

// In the order of the manual.
std::span<const EventRow> event_table();
const EventRow& row_of(Event event);
// "error", "warning", "notice", "info"
std::string_view to_string(Severity severity);

struct Field {
  std::string_view name;  // a literal
  std::variant<std::string_view, std::int64_t> value;
};

// Safe to call from any thread.
class Log {
 public:
  virtual ~Log() = default;
  // Whether an event of this severity is written at all.
  virtual bool wants(Severity severity) const = 0;
  virtual void write(Event event, std::span<const Field> fields) = 0;

  void write(Event event, std::initializer_list<Field> fields) {
    write(event, std::span(fields.begin(), fields.size()));
  }
};

}  // namespace mailreeve

#endif
