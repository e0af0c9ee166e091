// SPDX-License-Identifier: BSD-2-Clause
#include "config/socket_spec.h"

#include <stdexcept>

#include "util/host_port.h"
#include "util/unix_address.h"

namespace mailreeve {

namespace {

constexpr const char* kForms = "must be unix:/path, inet:port@address or inet6:port@address";

SocketSpec parse_unix(std::string_view path) {
  if (path.empty() || path.front() != '/')
    throw std::invalid_argument("a Unix socket needs an absolute path");
  if (path.size() > kLongestUnixPath)
    throw std::invalid_argument("the path of a Unix socket may have " + std::to_string(kLongestUnixPath) +
                                " octets");
  SocketSpec out;
  out.path = path;
  return out;
}

SocketSpec parse_inet(std::string_view text, bool v6) {
  SocketSpec out;
  const auto at = text.find('@');
  const auto port = parse_port(text.substr(0, at));
  if (!port) throw std::invalid_argument("the port must be a number from 1 to 65535");
  out.port = *port;
  std::string_view address = v6 ? "::1" : "127.0.0.1";
  if (at != std::string_view::npos) address = text.substr(at + 1);
  if (address.size() > 1 && address.front() == '[' && address.back() == ']')
    address = address.substr(1, address.size() - 2);
  out.address = IpAddress::parse(address);
  if (!out.address || out.address->is_v4() == v6)
    throw std::invalid_argument(std::string("\"") + std::string(address) + "\" is no " +
                                (v6 ? "IPv6" : "IPv4") + " address (names are not looked up)");
  return out;
}

}  // namespace

SocketSpec parse_socket(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == std::string_view::npos) throw std::invalid_argument(kForms);
  const auto kind = text.substr(0, colon);
  const auto rest = text.substr(colon + 1);
  if (kind == "unix") return parse_unix(rest);
  if (kind == "inet") return parse_inet(rest, false);
  if (kind == "inet6") return parse_inet(rest, true);
  throw std::invalid_argument(kForms);
}

}  // namespace mailreeve
