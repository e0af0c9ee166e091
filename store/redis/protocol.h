// SPDX-License-Identifier: BSD-2-Clause
// Redis requests and replies (RESP2), as values. No I/O.
#ifndef MAILREEVE_STORE_REDIS_PROTOCOL_H
#define MAILREEVE_STORE_REDIS_PROTOCOL_H

#include <cstdint>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

struct RedisReply {
  enum class Type { Nil, Integer, String, Status, Error, Array };
  Type type = Type::Nil;
  std::int64_t integer = 0;
  std::string text{};  // String, Status, Error
  std::vector<RedisReply> elements{};

  bool is(Type wanted) const { return type == wanted; }
  // Whether this is an error that starts with this word, including one that a script passes on.
  bool is_error(std::string_view word) const;
};

// Encodes the words of a command.
using RedisCommand = std::vector<std::string>;
std::string encode(const RedisCommand& command);

class RedisProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Decodes replies. Rejects a reply that is longer, larger or deeper than any
// reply to our commands, so that a server cannot exhaust our memory.
class RedisParser {
 public:
  RedisParser();
  ~RedisParser();
  RedisParser(const RedisParser&) = delete;
  RedisParser& operator=(const RedisParser&) = delete;

  // All throw RedisProtocolError, after which the parser is unusable.
  void feed(std::string_view octets);
  // Returns the next reply if it is complete.
  std::optional<RedisReply> next();
  // Whether all octets have been consumed.
  bool empty() const;

  // Limits for one reply.
  static constexpr std::size_t kMostOctets = 4 << 20;
  static constexpr std::size_t kMostElements = 100000;  // in all nested arrays together
  static constexpr int kMostDepth = 6;                  // of nested arrays

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
  std::size_t waiting_ = 0;   // octets fed since the last reply
  std::size_t elements_ = 0;  // in the current reply
};

}  // namespace mailreeve

#endif
