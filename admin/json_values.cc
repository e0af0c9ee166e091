// SPDX-License-Identifier: BSD-2-Clause
#include "admin/json_values.h"

namespace mailreeve {

JsonValue json_time(TimePoint when) { return format_rfc3339(when); }
JsonValue json_time(const std::optional<TimePoint>& when) { return when ? json_time(*when) : JsonValue(); }
JsonValue json_name(const std::string& name) { return name.empty() ? JsonValue() : JsonValue(name); }

}  // namespace mailreeve
