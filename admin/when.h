// SPDX-License-Identifier: BSD-2-Clause
// Points in time as an admin writes them.
#ifndef MAILREEVE_ADMIN_WHEN_H
#define MAILREEVE_ADMIN_WHEN_H

#include <optional>
#include <string>
#include <string_view>

#include "util/time.h"

namespace mailreeve {

// RFC 3339 ("2026-11-21T10:00:00Z"), also with a space for the "T" and without
// seconds; without "Z" or an offset it is local time. A date alone is its midnight in
// local time. nullopt for anything else.
std::optional<TimePoint> parse_time(std::string_view text);

// "today", "yesterday", "tomorrow": its midnight in local time. nullopt for anything else.
std::optional<TimePoint> parse_day(std::string_view text, TimePoint now);

// For people: "2026-11-21T10:00:00.000Z (11:00:00 +0100)", with the date if that differs in local
// time, and UTC alone if that is local time.
std::string with_local_time(TimePoint when);

}  // namespace mailreeve

#endif
