// SPDX-License-Identifier: BSD-2-Clause
// Requests to Redis and its replies (RESP2), as values. No I/O.
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
  // Whether this is an error that begins with this word, or that a script passes on.
  bool is_error(std::string_view word) const;
};

// Encodes the words of a command.
using RedisCommand = std::vector<std::string>;
std::string encode(const RedisCommand& command);

class RedisProtocolError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

// Decodes replies. A reply that is longer, larger or deeper than any reply to our
// commands is an error: a server cannot make us use all memory.
class RedisParser {
 public:
  RedisParser();
  ~RedisParser();
  RedisParser(const RedisParser&) = delete;
  RedisParser& operator=(const RedisParser&) = delete;

  // All throw RedisProtocolError; afterwards this can no longer be used.
  void feed(std::string_view octets);
  // The next reply, if it is complete.
  std::optional<RedisReply> next();
  // Whether no octet remains.
  bool empty() const;

  // Bounds of one reply.
  static constexpr std::size_t kMostOctets = 4 << 20;
  static constexpr std::size_t kMostElements = 100000;  // of all nested arrays together
  static constexpr int kMostDepth = 6;                  // arrays within arrays

 private:
  struct Reader;
  std::unique_ptr<Reader> reader_;
  std::size_t waiting_ = 0;   // octets fed since the last reply
  std::size_t elements_ = 0;  // of the current reply
};

}  // namespace mailreeve

#endif
