// SPDX-License-Identifier: BSD-2-Clause
// Makes RFC 7519 tokens as PolicydRateGuard does.
#ifndef MAILREEVE_NOTIFY_JWT_H
#define MAILREEVE_NOTIFY_JWT_H

#include <string>
#include <string_view>

#include "util/time.h"

namespace mailreeve {

// Signs with HS256. The token is valid for 60 seconds from `now`. Throws std::runtime_error.
std::string make_jwt(std::string_view key, const std::string& user, TimePoint now);

}  // namespace mailreeve

#endif
