// SPDX-License-Identifier: BSD-2-Clause
// Bounds a walk by cursors. Redis promises that each walk ends; with a server that is broken, or
// lies, it may not.
#ifndef MAILREEVE_STORE_STATE_REDIS_WALK_BOUND_H
#define MAILREEVE_STORE_STATE_REDIS_WALK_BOUND_H

#include <algorithm>
#include <cstdint>
#include <string>

#include "store/redis/protocol.h"
#include "util/backend_error.h"

namespace mailreeve {

class RedisWalkBound {
 public:
  // `size` is the server's answer to DBSIZE or HLEN: the number of elements. A server that does not
  // permit the question gets the benefit of the doubt.
  explicit RedisWalkBound(const RedisReply& size)
      : left_(size.is(RedisReply::Type::Integer)
                  ? std::min(kLeast + kSparse * std::clamp<std::int64_t>(size.integer, 0, kMost), kMost)
                  : kMost) {}
  // Continues with the remainder of another.
  explicit RedisWalkBound(std::int64_t left) : left_(std::clamp<std::int64_t>(left, 0, kMost)) {}

  // A step for so many elements was not the last. Throws BackendError if it should have been.
  void step(std::size_t count, const std::string& what) {
    left_ -= static_cast<std::int64_t>(count);
    if (left_ < 0) throw BackendError(what + ": the server's cursors have no end");
  }
  std::int64_t left() const { return left_; }

 private:
  // A step examines slots of a table. Redis shrinks a table when less than a tenth of it is used,
  // but not at once.
  static constexpr std::int64_t kSparse = 32;
  static constexpr std::int64_t kLeast = 4'000'000;
  static constexpr std::int64_t kMost = 1'000'000'000;

  std::int64_t left_;
};

}  // namespace mailreeve

#endif
