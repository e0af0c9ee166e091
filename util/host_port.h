// SPDX-License-Identifier: BSD-2-Clause
// Hosts and ports as an admin writes them, in whatever option.
#ifndef MAILREEVE_UTIL_HOST_PORT_H
#define MAILREEVE_UTIL_HOST_PORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// Decimal digits that make a number from 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

struct HostPort {
  std::string host;                   // an IPv6 address without its brackets
  std::optional<std::uint16_t> port;  // nothing: none is named
};

// "host", "host:port", "[IPv6]" or "[IPv6]:port"; what stands for the host is not
// looked at. Throws std::invalid_argument: what the text has or lacks, as the end of
// a sentence.
HostPort parse_host_port(std::string_view text);

// "host:port" or "[IPv6]:port".
std::string to_string(std::string_view host, std::uint16_t port);

}  // namespace mailreeve

#endif
