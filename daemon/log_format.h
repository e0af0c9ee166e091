// SPDX-License-Identifier: BSD-2-Clause
// An event as one line. Values come from strangers.
#ifndef MAILREEVE_DAEMON_LOG_FORMAT_H
#define MAILREEVE_DAEMON_LOG_FORMAT_H

#include <span>
#include <string>
#include <string_view>

#include "core/log.h"

namespace mailreeve {

// "verdict session=k3f9x0a2 client=192.0.2.1 helo=\"a b\"". A value with anything
// in it but printable ASCII, or with a blank, "=", quote or backslash, stands in
// quotes, with \", \\ and \xHH in them. At most 512 octets of a value are
// kept; "..." stands for the rest.
std::string format_text(Event event, std::span<const Field> fields);

// What a line says of itself where no log service adds it.
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
