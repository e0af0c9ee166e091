// SPDX-License-Identifier: BSD-2-Clause
// A notification as receivers see it: named values, in the order and under the
// names that PolicydRateGuard gives them, and a few of ours after those.
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
  bool nullable = false;  // JSON has null, not "", where there is none

  std::string text() const;
};
using Payload = std::vector<PayloadField>;

// The texts of `what` are UTF-8, as well_formed() makes them.
Payload make_payload(const Notification& what, const std::string& host);
// On one line.
std::string to_json(const Payload& payload);

bool is_payload_key(std::string_view name);
// "{msgid}, {sender}, ...", for an admin.
std::string payload_key_list();

// "quota-exceeded" or "unauthorized-sender"
std::string_view to_string(Notice notice);

// The same with texts of bounded length that are UTF-8: what is not becomes
// U+FFFD. So a token is made of exactly the user that the receiver is told.
Notification well_formed(Notification what);

}  // namespace mailreeve

#endif
