// SPDX-License-Identifier: BSD-2-Clause
// The output of commands: one JSON value, unchanged for programs; for people as a
// table (an array of objects) or as lines of names and values (an object).
#ifndef MAILREEVE_CTL_OUTPUT_H
#define MAILREEVE_CTL_OUTPUT_H

#include <string>
#include <string_view>
#include <vector>

#include "admin/json_values.h"

namespace mailreeve {

// Replaces each character that the locale (LC_CTYPE) cannot display by "?", for a
// terminal. Names and records are untrusted text.
std::string printable(std::string_view text);

// Returns ASCII, with a newline. Octets that are not UTF-8 become U+FFFD.
std::string json_text(const JsonValue& value);

// Shows only these members of an array of objects, by name even if there are no objects;
// if empty, all members of the first object. Joins nested names by dots, and shows an
// array of objects inside an object as a table after it. Adds local time to times.
std::string readable_text(const JsonValue& value, const std::vector<std::string>& columns = {});

}  // namespace mailreeve

#endif
