// SPDX-License-Identifier: BSD-2-Clause
// Values in the answers of commands.
#ifndef MAILREEVE_ADMIN_JSON_VALUES_H
#define MAILREEVE_ADMIN_JSON_VALUES_H

#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "util/time.h"

namespace mailreeve {

using JsonValue = nlohmann::ordered_json;

// In RFC 3339; null: none.
JsonValue json_time(TimePoint when);
JsonValue json_time(const std::optional<TimePoint>& when);
// null if empty.
JsonValue json_name(const std::string& name);

}  // namespace mailreeve

#endif
