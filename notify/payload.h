// SPDX-License-Identifier: BSD-2-Clause
// A notification for receivers: PolicydRateGuard's values in its order and under
// its names, followed by a few of our own.
#ifndef MAILREEVE_NOTIFY_PAYLOAD_H
#define MAILREEVE_NOTIFY_PAYLOAD_H

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "core/notification.h"

namespace mailreeve {

inline constexpr std::string_view kTokenPlaceholder = "token";

struct PayloadField {
  std::string_view key;  // a literal
  std::variant<std::string, std::int64_t> value;
  bool nullable = false;  // in JSON, null instead of "" if empty

  std::string text() const;
};
using Payload = std::vector<PayloadField>;

// The texts of `what` must be UTF-8, as from well_formed().
Payload make_payload(const Notification& what, const std::string& host);
// Writes a single line.
std::string to_json(const Payload& payload);

bool is_payload_key(std::string_view name);
// Returns "{msgid}, {sender}, ..." for the admin.
std::string payload_key_list();

// "quota-exceeded" or "unauthorized-sender"
std::string_view to_string(Notice notice);

// Bounds the length of all texts and replaces invalid UTF-8 by U+FFFD, so that a
// token is derived from exactly the user that the receiver sees.
Notification well_formed(Notification what);

}  // namespace mailreeve

#endif
