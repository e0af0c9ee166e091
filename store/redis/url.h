// SPDX-License-Identifier: BSD-2-Clause
// The location of Redis, as an admin writes it:
//
//   redis://[user:/password/file@]host[:6379][/db]
//   redis+unix://[user:/password/file@]/path/of/socket[?db=N]
//   redis+sentinel://[user:/password/file@]host[:26379],.../master[/db]
//   redis+cluster://[user:/password/file@]host[:6379],...
//
// "rediss" instead of "redis" means TLS on all connections. IPv6 addresses are
// written in brackets. The password is always in a file, never in the URL.
#ifndef MAILREEVE_STORE_REDIS_URL_H
#define MAILREEVE_STORE_REDIS_URL_H

#include <cstdint>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace mailreeve {

struct RedisAddress {
  std::string host;
  std::uint16_t port = 0;
  std::string path;  // of a Unix socket, instead of host and port

  bool operator==(const RedisAddress&) const = default;
  bool operator<(const RedisAddress& other) const {
    return std::tie(host, port, path) < std::tie(other.host, other.port, other.path);
  }
};

// Returns "host:port", "[2001:db8::1]:port", or the path.
std::string to_string(const RedisAddress& address);

struct RedisUrl {
  enum class Kind { Single, Sentinel, Cluster };
  Kind kind = Kind::Single;
  bool tls = false;
  // The server, the Sentinels, or some nodes of the cluster.
  std::vector<RedisAddress> servers;
  std::string master;         // Sentinel: the master's name
  std::string user;           // empty for the default user
  std::string password_file;  // absolute; empty for no authentication
  unsigned database = 0;
};

bool is_redis_url(std::string_view url);

// Throws std::invalid_argument with the URL, without any password, and the reason.
RedisUrl parse_redis_url(std::string_view url);

}  // namespace mailreeve

#endif
