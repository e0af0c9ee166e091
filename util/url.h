// SPDX-License-Identifier: BSD-2-Clause
#ifndef MAILREEVE_UTIL_URL_H
#define MAILREEVE_UTIL_URL_H

#include <string>
#include <string_view>

namespace mailreeve {

// A URL, for a message or a log: without the part before the "@", which may be
// a password, even one that does not belong there.
//   redis://joe:secret@redis.example.com -> redis://...@redis.example.com
std::string shown_url(std::string_view url);

// All octets but the unreserved characters of RFC 3986 section 2.3.
std::string percent_encoded(std::string_view text);

}  // namespace mailreeve

#endif
