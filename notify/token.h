// SPDX-License-Identifier: BSD-2-Clause
// Lets the receiver of a webhook verify its origin.
#ifndef MAILREEVE_NOTIFY_TOKEN_H
#define MAILREEVE_NOTIFY_TOKEN_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// PolicydRateGuard's simple token: SHA-256 of the secret's text and the user,
// in hexadecimal. The secret is used as text, even if it is valid base64.
std::string simple_token(std::string_view secret, std::string_view user);
// HMAC-SHA256 (RFC 2104) of the body, in hexadecimal.
std::string signature(std::string_view secret, std::string_view body);
// Decodes RFC 4648 section 4, with padding. Returns nullopt for anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mailreeve

#endif
