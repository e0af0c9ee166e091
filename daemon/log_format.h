// SPDX-License-Identifier: BSD-2-Clause
// Formats an event as one line. Values are untrusted.
#ifndef MAILREEVE_DAEMON_LOG_FORMAT_H
#define MAILREEVE_DAEMON_LOG_FORMAT_H

#include <span>
#include <string>
#include <string_view>

#include "core/log.h"

namespace mailreeve {

// "verdict session=k3f9x0a2 client=192.0.2.1 helo=\"a b\"". A value that contains
// anything but printable ASCII, or a space, "=", quotation mark or backslash, is
// quoted, with \", \\ and \xHH in it. Keeps at most 512 octets of a value; "..."
// replaces the rest.
std::string format_text(Event event, std::span<const Field> fields);

// The origin of a line, if no log service adds it.
struct LineOrigin {
  std::string_view time;
  std::string_view host;
  std::int64_t pid;
};
// The same as one JSON object: {"event":"verdict","session":"k3f9x0a2",...};
// octets that are not UTF-8 become U+FFFD. The origin, with the program's name, and
// the severity come first.
std::string format_json(Event event, std::span<const Field> fields, const LineOrigin& origin);

}  // namespace mailreeve

#endif
