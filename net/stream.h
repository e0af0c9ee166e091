// SPDX-License-Identifier: BSD-2-Clause
// Octets to and from a server, never past a deadline. One thread at a time.
#ifndef MAILREEVE_NET_STREAM_H
#define MAILREEVE_NET_STREAM_H

#include <cstddef>
#include <span>
#include <stdexcept>
#include <string_view>

#include "util/time.h"

namespace mailreeve {

// The stream is of no use any more.
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

  // All of it. Throws StreamError, also when the deadline passes.
  virtual void write(std::string_view octets, Deadline deadline) = 0;
  // One octet at least, and how many; 0: the peer has closed. Throws likewise, but never
  // where something has come: who reads again and again looks at the deadline himself.
  virtual std::size_t read(std::span<char> room, Deadline deadline) = 0;
  // Whether the peer has neither closed nor sent what nobody asked for. Never waits.
  virtual bool quiet() = 0;
};

}  // namespace mailreeve

#endif
