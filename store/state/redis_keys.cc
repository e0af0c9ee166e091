// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_keys.h"

#include <charconv>

#include "util/digest.h"

namespace mailreeve {

namespace {

constexpr std::size_t kDigest = 16;

bool harmless(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("./:@_+=-").find(c) != std::string_view::npos;
}

}  // namespace

std::string hash_tag(std::string_view name) {
  std::string out = "{";
  for (const char& c : name) {
    if (harmless(c))
      out += c;
    else
      out += "%" + hex(std::string_view(&c, 1));
  }
  return out + "}";
}

std::string client_key(std::string_view client) { return std::string(kClientKeys) + hash_tag(client); }

std::vector<std::string> client_keys(std::string_view client) {
  const std::string tag = hash_tag(client);
  return {std::string(kClientKeys) + tag, std::string(kOrderKeys) + tag};
}

std::string user_key(std::string_view user) { return std::string(kUserKeys) + hash_tag(user); }

RedisCommand scan_command(std::string_view keys, const std::string& cursor, std::size_t count) {
  return {"SCAN", cursor, "MATCH", std::string(keys), "COUNT", std::to_string(count), "TYPE", "hash"};
}

std::optional<std::string> name_of_key(std::string_view key) {
  const auto begin = key.find('{');
  if (begin == std::string_view::npos || !key.ends_with('}')) return std::nullopt;
  key = key.substr(begin + 1, key.size() - begin - 2);
  std::string out;
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] != '%') {
      out += key[i];
      continue;
    }
    unsigned octet = 0;
    const auto digits = key.substr(i + 1, 2);
    const auto [rest, error] = std::from_chars(digits.data(), digits.data() + digits.size(), octet, 16);
    if (digits.size() != 2 || error != std::errc() || rest != digits.data() + 2) return std::nullopt;
    out += static_cast<char>(octet);
    i += 2;
  }
  return out;
}

std::string tuple_field(const Approach& what, TupleNames names) {
  // The length tells where the sender ends, whatever octets it has.
  const std::string plain = std::to_string(what.sender.size()) + ":" + what.sender + what.recipient;
  return names == TupleNames::Plain ? plain : sha256(plain).substr(0, kDigest);
}

std::string memo_key(const std::string& kind, const std::string& key, TupleNames names) {
  const std::string name = names == TupleNames::Plain ? key : hex(sha256(key).substr(0, kDigest));
  return std::string(kMemoKeys) + hash_tag(kind + ":" + name);
}

std::optional<std::pair<std::string, std::string>> names_of_field(std::string_view field) {
  std::size_t size = 0;
  const auto [rest, error] = std::from_chars(field.data(), field.data() + field.size(), size);
  const auto colon = static_cast<std::size_t>(rest - field.data());
  if (error != std::errc() || colon >= field.size() || field[colon] != ':') return std::nullopt;
  const std::string_view names = field.substr(colon + 1);
  if (size >= names.size()) return std::nullopt;
  return std::pair(std::string(names.substr(0, size)), std::string(names.substr(size)));
}

}  // namespace mailreeve
