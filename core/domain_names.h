// SPDX-License-Identifier: BSD-2-Clause
// The names under which the operator may have configured a domain. Values.
#ifndef MAILREEVE_CORE_DOMAIN_NAMES_H
#define MAILREEVE_CORE_DOMAIN_NAMES_H

#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

// Stands for every user, and for every domain.
inline constexpr char kEverybody[] = "*";

// The closest first: "a.b.example", ".b.example", ".example", "*"; for an empty domain, only "*".
// Those of ".b.example" begin with itself.
std::vector<std::string> names_of(std::string_view domain);

// The part after the last "@"; empty without one.
std::string_view domain_of_user(std::string_view user);

}  // namespace mailreeve

#endif
