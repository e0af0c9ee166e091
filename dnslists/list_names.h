// SPDX-License-Identifier: BSD-2-Clause
// What a DNS list is asked about (RFC 5782 sections 2 and 3). Pure functions.
#ifndef MAILREEVE_DNSLISTS_LIST_NAMES_H
#define MAILREEVE_DNSLISTS_LIST_NAMES_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// The name as lists have it: lower case, A-labels, without the dot at the end. nullopt for what no list of
// names can have: an address, an address literal, a name of one label, or text that is no host name.
std::optional<std::string> listable_name(std::string_view name);

// "what.zone"; nullopt if it has more than 253 octets.
std::optional<std::string> name_in_list(std::string_view what, std::string_view zone);

}  // namespace mailreeve

#endif
