// SPDX-License-Identifier: BSD-2-Clause
// The names by which the operator may configure a domain. Values.
#ifndef MAILREEVE_CORE_DOMAIN_NAMES_H
#define MAILREEVE_CORE_DOMAIN_NAMES_H

#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

// Stands for every user, and for every domain.
inline constexpr char kEverybody[] = "*";

// Returns the closest name first: "a.b.example", ".b.example", ".example", "*"; only "*" for an
// empty domain. The names of ".b.example" begin with itself.
std::vector<std::string> names_of(std::string_view domain);

// Returns the part after the last "@"; empty if there is none.
std::string_view domain_of_user(std::string_view user);

}  // namespace mailreeve

#endif
