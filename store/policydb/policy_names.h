// SPDX-License-Identifier: BSD-2-Clause
// Names in the policy database: in lower case, domains in A-labels. A
// database may find rows that only look alike to it, by its collation; so what
// it answers is folded and compared again with these.
#ifndef MAILREEVE_STORE_POLICYDB_POLICY_NAMES_H
#define MAILREEVE_STORE_POLICYDB_POLICY_NAMES_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// Columns of CHAPPS' tables, in characters.
inline constexpr std::size_t kUserLength = 128;
inline constexpr std::size_t kDomainLength = 64;
inline constexpr std::size_t kAddressLength = 128;
inline constexpr std::size_t kQuotaLength = 32;

// In characters; of UTF-8.
std::size_t length(std::string_view text);

// All give nothing for what can be no such name.
//
// A user: an address, or any other text without control characters. White space
// around it does not count.
std::optional<std::string> fold_user(std::string_view name);
// "example.com", ".example.com" or "*".
std::optional<std::string> fold_domain(std::string_view name);
std::optional<std::string> fold_address(std::string_view name);
std::optional<std::string> fold_quota(std::string_view name);

// What somebody meant who wrote "*@example.com", "@example.com", "*.example.com" or the like, as the name of
// a domain; nothing for any other name.
std::optional<std::string> meant_by(std::string_view name);

// A folded name as others may have written it: with U-labels; if there are none, with
// capitals beyond ASCII, which SQLite does not take for the same letters.
std::string as_others_write(const std::string& folded);

}  // namespace mailreeve

#endif
