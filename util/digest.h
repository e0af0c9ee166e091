// SPDX-License-Identifier: BSD-2-Clause
// Digests that name the scripts in Redis and make short keys.
#ifndef MAILREEVE_UTIL_DIGEST_H
#define MAILREEVE_UTIL_DIGEST_H

#include <string>
#include <string_view>

namespace mailreeve {

// 20 octets.
std::string sha1(std::string_view text);
// 32 octets.
std::string sha256(std::string_view text);
// Lowercase digits.
std::string hex(std::string_view octets);

}  // namespace mailreeve

#endif
