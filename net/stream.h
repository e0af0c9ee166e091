// SPDX-License-Identifier: BSD-2-Clause
// Sends octets to a server and receives them, never past a deadline. One thread at a time.
#ifndef MAILREEVE_NET_STREAM_H
#define MAILREEVE_NET_STREAM_H

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>

#include "util/time.h"

namespace mailreeve {

// The stream is no longer usable.
class StreamError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

class Stream {
 public:
  Stream() = default;
  virtual ~Stream() = default;
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // Writes everything. Throws StreamError, also if the deadline passes.
  virtual void write(std::string_view octets, Deadline deadline) = 0;
  // Reads at least one octet and returns the number read; 0 means that the peer has closed.
  // Throws likewise, but never if data has arrived: a caller that reads repeatedly must
  // check the deadline itself.
  virtual std::size_t read(std::span<char> room, Deadline deadline) = 0;
  // Whether the peer has neither closed nor sent unrequested data. Never waits.
  virtual bool quiet() = 0;
};

}  // namespace mailreeve

#endif
