// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis/url.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <stdexcept>

#include "util/host_port.h"
#include "util/unix_address.h"
#include "util/url.h"

namespace mailreeve {

namespace {

constexpr std::uint16_t kServerPort = 6379;
constexpr std::uint16_t kSentinelPort = 26379;
constexpr std::size_t kMostServers = 32;

struct Scheme {
  std::string_view prefix;
  RedisUrl::Kind kind;
  bool tls;
  bool unix_socket;
};

constexpr Scheme kSchemes[] = {
    {"redis://", RedisUrl::Kind::Single, false, false},
    {"rediss://", RedisUrl::Kind::Single, true, false},
    {"redis+unix://", RedisUrl::Kind::Single, false, true},
    {"redis+sentinel://", RedisUrl::Kind::Sentinel, false, false},
    {"rediss+sentinel://", RedisUrl::Kind::Sentinel, true, false},
    {"redis+cluster://", RedisUrl::Kind::Cluster, false, false},
    {"rediss+cluster://", RedisUrl::Kind::Cluster, true, false},
};

const Scheme* scheme_of(std::string_view url) {
  for (const Scheme& scheme : kSchemes)
    if (url.starts_with(scheme.prefix)) return &scheme;
  return nullptr;
}

std::string shown(std::string_view url) {
  std::string text = shown_url(url);
  std::replace_if(
      text.begin(), text.end(), [](char c) { return c < ' ' || c > '~'; }, '?');
  return "\"" + text + "\" ";
}

std::optional<unsigned> parse_number(std::string_view text, unsigned most) {
  unsigned number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size() || number > most) return std::nullopt;
  return number;
}

// Parses one URL. `rest_` is the part not yet read.
class Reader {
 public:
  Reader(std::string_view url, const Scheme& scheme)
      : url_(url), rest_(url.substr(scheme.prefix.size())), scheme_(scheme) {
    out_.kind = scheme.kind;
    out_.tls = scheme.tls;
  }

  RedisUrl read() {
    const bool blank = std::any_of(rest_.begin(), rest_.end(), [](char c) { return c <= ' ' || c > '~'; });
    if (blank) refuse("has a blank or a character that is not ASCII");
    read_login();
    if (scheme_.unix_socket) {
      read_socket();
      return out_;
    }
    const auto slash = std::min(rest_.find('/'), rest_.size());
    read_servers(rest_.substr(0, slash));
    rest_.remove_prefix(slash);
    read_path();
    return out_;
  }

 private:
  [[noreturn]] void refuse(const std::string& why) const { throw std::invalid_argument(shown(url_) + why); }

  void read_login() {
    const auto at = scheme_.unix_socket ? rest_.find("@/") : rest_.rfind('@');
    if (at == std::string_view::npos) return;
    const std::string_view login = rest_.substr(0, at);
    rest_.remove_prefix(at + 1);
    const auto colon = login.find(':');
    if (colon == std::string_view::npos || login.substr(colon + 1).empty())
      refuse("needs user:/password/file before the \"@\"");
    if (login[colon + 1] != '/')
      refuse(
          "has something else than a path before the \"@\": a password is not written here, "
          "but the absolute path of a file that holds it");
    out_.user = login.substr(0, colon);
    out_.password_file = login.substr(colon + 1);
  }

  void read_socket() {
    const auto question = rest_.find('?');
    const std::string_view path = rest_.substr(0, question);
    if (!path.starts_with('/') || path.ends_with('/')) refuse("needs the absolute path of a socket");
    if (path.size() > kLongestUnixPath)
      refuse("has a path of more than " + std::to_string(kLongestUnixPath) + " octets");
    out_.servers.push_back({.host = {}, .port = 0, .path = std::string(path)});
    if (question == std::string_view::npos) return;
    const std::string_view query = rest_.substr(question + 1);
    if (!query.starts_with("db=")) refuse("knows nothing but \"db=\" after the \"?\"");
    read_database(query.substr(3));
  }

  void read_servers(std::string_view list) {
    while (true) {
      const auto comma = list.find(',');
      out_.servers.push_back(read_server(list.substr(0, comma)));
      if (comma == std::string_view::npos) break;
      list.remove_prefix(comma + 1);
    }
    if (out_.kind == RedisUrl::Kind::Single && out_.servers.size() > 1)
      refuse("has several servers; they need redis+sentinel:// or redis+cluster://");
    if (out_.servers.size() > kMostServers)
      refuse("has more than " + std::to_string(kMostServers) + " servers");
  }

  RedisAddress read_server(std::string_view text) const try {
    const HostPort where = parse_host_port(text);
    return {.host = where.host, .port = where.port.value_or(default_port()), .path = {}};
  } catch (const std::invalid_argument& error) {
    refuse(error.what());
  }

  std::uint16_t default_port() const {
    return out_.kind == RedisUrl::Kind::Sentinel ? kSentinelPort : kServerPort;
  }

  // Reads "/master", "/master/db", "/db" or nothing.
  void read_path() {
    if (rest_.starts_with('/')) rest_.remove_prefix(1);
    if (out_.kind == RedisUrl::Kind::Sentinel) {
      const auto slash = std::min(rest_.find('/'), rest_.size());
      out_.master = rest_.substr(0, slash);
      if (out_.master.empty()) refuse("lacks the name of the master: redis+sentinel://host,host/master");
      rest_.remove_prefix(std::min(slash + 1, rest_.size()));
    }
    if (rest_.empty()) return;
    if (out_.kind == RedisUrl::Kind::Cluster) refuse("has a database; a cluster has only one");
    read_database(rest_);
  }

  void read_database(std::string_view text) {
    const auto number = parse_number(text, 1'000'000);
    if (!number) refuse("has no number where the database is expected");
    out_.database = *number;
  }

  std::string_view url_;
  std::string_view rest_;
  const Scheme& scheme_;
  RedisUrl out_;
};

}  // namespace

std::string to_string(const RedisAddress& address) {
  return address.path.empty() ? to_string(address.host, address.port) : address.path;
}

bool is_redis_url(std::string_view url) { return scheme_of(url) != nullptr; }

RedisUrl parse_redis_url(std::string_view url) {
  const Scheme* scheme = scheme_of(url);
  if (scheme == nullptr)
    throw std::invalid_argument(shown(url) +
                                "begins with none of redis://, rediss://, redis+unix://, "
                                "redis+sentinel:// and redis+cluster://");
  return Reader(url, *scheme).read();
}

}  // namespace mailreeve
