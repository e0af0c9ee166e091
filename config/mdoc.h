// SPDX-License-Identifier: BSD-2-Clause
// Formats text of the tables for mdoc(7).
#ifndef MAILREEVE_CONFIG_MDOC_H
#define MAILREEVE_CONFIG_MDOC_H

#include <string>
#include <string_view>

namespace mailreeve {

// Each sentence on a line of its own, no line longer than 78 columns unless a
// word is; lines that begin with a macro stay as they are. Ends with a newline.
std::string mdoc_text(std::string_view text);

}  // namespace mailreeve

#endif
