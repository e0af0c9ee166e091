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

}  // namespace mailreeve

#endif
