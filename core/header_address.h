// SPDX-License-Identifier: BSD-2-Clause
// The addresses in a header field such as From: (RFC 5322 section 3.4).
#ifndef MAILREEVE_CORE_HEADER_ADDRESS_H
#define MAILREEVE_CORE_HEADER_ADDRESS_H

#include <optional>
#include <string_view>
#include <vector>

#include "core/address.h"

namespace mailreeve {

// Returns every address in the field's value: an address list with display
// names, comments, quoted strings, groups and folding. Returns nullopt if any
// part is ambiguous, or if there is no address, or more than 100.
std::optional<std::vector<Address>> header_addresses(std::string_view value);

}  // namespace mailreeve

#endif
