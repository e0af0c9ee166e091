// SPDX-License-Identifier: BSD-2-Clause
// Internationalised domain names (RFC 5890), through libidn2.
#ifndef MAILREEVE_CORE_IDNA_H
#define MAILREEVE_CORE_IDNA_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// Returns the domain in lower case with every U-label converted to its A-label,
// for lookup and comparison. Only folds the case of ASCII input. Returns nullopt
// for invalid UTF-8 and for text that cannot be a domain name.
std::optional<std::string> domain_to_ascii(std::string_view domain);

// Returns the domain with every A-label converted to its U-label, in UTF-8; unchanged if
// that is impossible. Use it only to find what others wrote that way; compare A-labels.
std::string domain_to_unicode(std::string_view domain);

// Converts only octets A-Z; leaves everything else, including UTF-8, unchanged.
std::string ascii_lower(std::string_view text);

}  // namespace mailreeve

#endif
