// SPDX-License-Identifier: BSD-2-Clause
#include "util/host_port.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mailreeve {

namespace {

// RFC 1035 section 2.3.4, in text form.
constexpr std::size_t kLongestHost = 253;

}  // namespace

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size() || number == 0) return std::nullopt;
  return number;
}

HostPort parse_host_port(std::string_view text) {
  HostPort out;
  std::string_view rest;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) throw std::invalid_argument("has a \"[\" without \"]\"");
    out.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
  } else {
    const auto colon = std::min(text.find(':'), text.size());
    out.host = text.substr(0, colon);
    rest = text.substr(colon);
  }
  if (out.host.empty()) throw std::invalid_argument("lacks the name of a host");
  if (out.host.size() > kLongestHost)
    throw std::invalid_argument("has a host name of more than " + std::to_string(kLongestHost) + " octets");
  if (rest.empty()) return out;
  if (rest.front() == ':') out.port = parse_port(rest.substr(1));
  if (!out.port)
    throw std::invalid_argument("has no port number from 1 to 65535 after \"" + out.host +
                                "\" (IPv6 addresses stand in [])");
  return out;
}

std::string to_string(std::string_view host, std::uint16_t port) {
  const bool v6 = host.find(':') != std::string_view::npos;
  return (v6 ? "[" + std::string(host) + "]" : std::string(host)) + ":" + std::to_string(port);
}

}  // namespace mailreeve
