// SPDX-License-Identifier: BSD-2-Clause
// What commands print: one JSON value, for programs as it is, for people as a
// table (an array of objects) or as lines of names and values (an object).
#ifndef MAILREEVE_CTL_OUTPUT_H
#define MAILREEVE_CTL_OUTPUT_H

#include <string>
#include <string_view>
#include <vector>

#include "admin/json_values.h"

namespace mailreeve {

// For a terminal: what the locale (LC_CTYPE) has no visible character for is "?".
// Names and records are strangers' texts.
std::string printable(std::string_view text);

// In ASCII, with a newline; octets that are no UTF-8 become U+FFFD.
std::string json_text(const JsonValue& value);

// Of an array of objects only these members are shown, by name even where there
// are no objects; empty: all of the first one. Nested names are joined by dots, and what is an array of
// objects inside of an object follows as a table. Times have local time beside them.
std::string readable_text(const JsonValue& value, const std::vector<std::string>& columns = {});

}  // namespace mailreeve

#endif
