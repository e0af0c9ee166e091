// SPDX-License-Identifier: BSD-2-Clause
// Proofs of origin for the receiver of a webhook.
#ifndef MAILREEVE_NOTIFY_TOKEN_H
#define MAILREEVE_NOTIFY_TOKEN_H

#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// PolicydRateGuard's simple token: SHA-256 of the secret's text and the user,
// in hexadecimal. The secret is used as text, even if it is base64.
std::string simple_token(std::string_view secret, std::string_view user);
// HMAC-SHA256 (RFC 2104) of the body, in hexadecimal.
std::string signature(std::string_view secret, std::string_view body);
// RFC 4648 section 4, with its padding. nullopt if it is anything else.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace mailreeve

#endif
