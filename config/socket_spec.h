// SPDX-License-Identifier: BSD-2-Clause
// The address on which the daemon listens: the value of the option "socket".
#ifndef MAILREEVE_CONFIG_SOCKET_SPEC_H
#define MAILREEVE_CONFIG_SOCKET_SPEC_H

#include <optional>
#include <string>
#include <string_view>

#include "core/ip_address.h"

namespace mailreeve {

struct SocketSpec {
  std::string path;                  // unix: absolute; else empty
  std::optional<IpAddress> address;  // inet, inet6
  unsigned port = 0;

  bool is_unix() const { return !path.empty(); }
};

// "unix:/path", "inet:8891@127.0.0.1", "inet6:8891@::1"; without "@address", the
// loopback address. Throws std::invalid_argument with a sentence.
SocketSpec parse_socket(std::string_view text);

}  // namespace mailreeve

#endif
