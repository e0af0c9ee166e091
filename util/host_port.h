// SPDX-License-Identifier: BSD-2-Clause
// Parses hosts and ports as an admin writes them in any option.
#ifndef MAILREEVE_UTIL_HOST_PORT_H
#define MAILREEVE_UTIL_HOST_PORT_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

// Accepts decimal digits for a number from 1 to 65535.
std::optional<std::uint16_t> parse_port(std::string_view text);

struct HostPort {
  std::string host;                   // an IPv6 address without its brackets
  std::optional<std::uint16_t> port;  // empty if none is given
};

// Parses "host", "host:port", "[IPv6]" or "[IPv6]:port", without checking the syntax
// of the host. Throws std::invalid_argument with what the text has or lacks, worded
// as the end of a sentence.
HostPort parse_host_port(std::string_view text);

// "host:port" or "[IPv6]:port".
std::string to_string(std::string_view host, std::uint16_t port);

}  // namespace mailreeve

#endif
