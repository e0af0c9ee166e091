// SPDX-License-Identifier: BSD-2-Clause
// Names in the policy database: in lower case, domains in A-labels. By its collation,
// a database may find rows that are only similar; so its answers are folded and
// compared again with these.
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

// The length in characters, of UTF-8.
std::size_t length(std::string_view text);

// All return nullopt for text that cannot be such a name.
//
// A user: an address, or any other text without control characters. Surrounding
// whitespace is ignored.
std::optional<std::string> fold_user(std::string_view name);
// "example.com", ".example.com" or "*".
std::optional<std::string> fold_domain(std::string_view name);
std::optional<std::string> fold_address(std::string_view name);
std::optional<std::string> fold_quota(std::string_view name);

// The domain name that was probably meant by "*@example.com", "@example.com", "*.example.com" or the like;
// nullopt for any other name.
std::optional<std::string> meant_by(std::string_view name);

// The form of a folded name that others may have written: with U-labels; if there are none,
// with capitals beyond ASCII, which SQLite considers different letters.
std::string as_others_write(const std::string& folded);

}  // namespace mailreeve

#endif
