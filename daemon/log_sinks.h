// SPDX-License-Identifier: BSD-2-Clause
// The targets of log lines. spdlog's own sinks have no severity notice, and its file
// sink appends the next line to the rest of a line that was written in part.
#ifndef MAILREEVE_DAEMON_LOG_SINKS_H
#define MAILREEVE_DAEMON_LOG_SINKS_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/common.h>

#include "core/log.h"

namespace mailreeve {

// Lines that could not be written and have not been reported yet.
struct LostLines {
  std::atomic<std::int64_t> count{0};
  std::atomic<bool> failing{false};  // the last one was lost
};

// spdlog's level for a severity, which the sinks convert to that of syslog(3).
spdlog::level::level_enum level_of(Severity severity);

// After an incomplete line, the next one begins on a line of its own. Takes over the
// descriptor. `lost` must live as long.
spdlog::sink_ptr make_file_sink(int descriptor, LostLines& lost);
// Facility mail, as "mailreeve".
spdlog::sink_ptr make_syslog_sink();
// Null if this was built without systemd.
spdlog::sink_ptr make_journal_sink();
// Whether standard error leads to the journal, and make_journal_sink() supports it.
bool stderr_is_journal();

}  // namespace mailreeve

#endif
