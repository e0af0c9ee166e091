// SPDX-License-Identifier: BSD-2-Clause
// Where the log's lines go. spdlog's own sinks know no notice, and one of theirs puts
// the next line behind what was left of one that did not fit.
#ifndef MAILREEVE_DAEMON_LOG_SINKS_H
#define MAILREEVE_DAEMON_LOG_SINKS_H

#include <atomic>
#include <cstdint>
#include <memory>
#include <string>

#include <spdlog/common.h>

#include "core/log.h"

namespace mailreeve {

// Lines that could not be written, until somebody has told of them.
struct LostLines {
  std::atomic<std::int64_t> count{0};
  std::atomic<bool> failing{false};  // the last one was lost
};

// spdlog's level for a severity, of which the sinks make that of syslog(3).
spdlog::level::level_enum level_of(Severity severity);

// A line is whole, or the next one begins on a line of its own. Takes the descriptor
// over. `lost` must live as long.
spdlog::sink_ptr make_file_sink(int descriptor, LostLines& lost);
// Facility mail, as "mailreeve".
spdlog::sink_ptr make_syslog_sink();
// Null if this was built without systemd.
spdlog::sink_ptr make_journal_sink();
// Whether standard error leads to the journal, and make_journal_sink() has it.
bool stderr_is_journal();

}  // namespace mailreeve

#endif
