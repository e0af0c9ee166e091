// SPDX-License-Identifier: BSD-2-Clause
// The address of a Unix socket.
#ifndef MAILREEVE_UTIL_UNIX_ADDRESS_H
#define MAILREEVE_UTIL_UNIX_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>

#include <optional>
#include <string_view>

namespace mailreeve {

// sun_path ends with a NUL.
inline constexpr std::size_t kLongestUnixPath = sizeof(sockaddr_un::sun_path) - 1;

// Returns nullopt if the path is longer than that.
inline std::optional<sockaddr_un> unix_address(std::string_view path) {
  if (path.size() > kLongestUnixPath) return std::nullopt;
  sockaddr_un out{};
  out.sun_family = AF_UNIX;
  path.copy(out.sun_path, path.size());
  return out;
}

}  // namespace mailreeve

#endif
