// SPDX-License-Identifier: BSD-2-Clause
// Internationalised domain names (RFC 5890), on libidn2.
#ifndef MAILREEVE_CORE_IDNA_H
#define MAILREEVE_CORE_IDNA_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// The domain in lower case with every U-label as its A-label: what is looked
// up and compared. ASCII input only gets its case folded. Nothing if UTF-8 in
// it is broken or cannot be a domain name.
std::optional<std::string> domain_to_ascii(std::string_view domain);

// The domain with every A-label as its U-label, in UTF-8; as it is where that is
// not possible. Only to find what others wrote so: compare A-labels.
std::string domain_to_unicode(std::string_view domain);

// Octets A-Z only; everything else, UTF-8 too, stays as it is.
std::string ascii_lower(std::string_view text);

}  // namespace mailreeve

#endif
