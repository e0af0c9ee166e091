// SPDX-License-Identifier: BSD-2-Clause
// The organization that owns a DNS name, by the Public Suffix List, through libpsl.
#ifndef MAILREEVE_CORE_REGISTERED_DOMAIN_H
#define MAILREEVE_CORE_REGISTERED_DOMAIN_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// Returns the public suffix of the name plus one label, which RFC 7489 section 3.2 calls
// the organizational domain. Suffixes that a company gives to its customers
// ("github.io") count as public. The name must be in lower case and in A-labels, and may
// end in a dot. Returns nullopt for a public suffix ("co.uk", "com"), an address, an
// address literal, and text that is not a name.
//   mx1.mail.example.co.uk -> example.co.uk
std::optional<std::string> registered_domain(std::string_view name);

}  // namespace mailreeve

#endif
