// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis_keys.h"

#include <algorithm>

#include "store/digest.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMostPlain = 64;
constexpr std::size_t kDigest = 16;

bool harmless(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("./:@_+=-").find(c) != std::string_view::npos;
}

}  // namespace

std::string hash_tag(std::string_view name) {
  const bool plain =
      !name.empty() && name.size() <= kMostPlain && std::all_of(name.begin(), name.end(), harmless);
  return "{" + (plain ? std::string(name) : "#" + hex(sha256(name).substr(0, kDigest))) + "}";
}

std::string tuple_field(const Approach& what, TupleNames names) {
  // The length tells where the sender ends, whatever octets it has.
  const std::string plain = std::to_string(what.sender.size()) + ":" + what.sender + what.recipient;
  return names == TupleNames::Plain ? plain : sha256(plain).substr(0, kDigest);
}

}  // namespace mailreeve
