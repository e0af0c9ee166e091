// SPDX-License-Identifier: BSD-2-Clause
// Internationalised domain names (RFC 5890), on libidn2.
#ifndef MAILREEVE_CORE_IDNA_H
#define MAILREEVE_CORE_IDNA_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// The domain in lower case with every U-label as its A-label, for lookup and
// comparison. Of ASCII input, only the case is folded. nullopt for invalid UTF-8,
// and for text that cannot be a domain name.
std::optional<std::string> domain_to_ascii(std::string_view domain);

// The domain with every A-label as its U-label, in UTF-8; unchanged if that is
// not possible. Only to find what others wrote that way: compare A-labels.
std::string domain_to_unicode(std::string_view domain);

// Octets A-Z only; everything else, UTF-8 too, stays as it is.
std::string ascii_lower(std::string_view text);

}  // namespace mailreeve

#endif
