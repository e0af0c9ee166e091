// SPDX-License-Identifier: BSD-2-Clause
#ifndef MAILREEVE_UTIL_URL_H
#define MAILREEVE_UTIL_URL_H

#include <string>
#include <string_view>

namespace mailreeve {

// Formats a URL for a message or a log. Replaces the part before the "@", which
// may hold a password, even a misplaced one:
//   redis://joe:secret@redis.example.com -> redis://...@redis.example.com
std::string shown_url(std::string_view url);

// Encodes all octets except the unreserved characters of RFC 3986 section 2.3.
std::string percent_encoded(std::string_view text);

}  // namespace mailreeve

#endif
