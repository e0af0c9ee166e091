// SPDX-License-Identifier: BSD-2-Clause
// A file descriptor that closes itself.
#ifndef MAILREEVE_UTIL_DESCRIPTOR_H
#define MAILREEVE_UTIL_DESCRIPTOR_H

#include <unistd.h>

#include <utility>

namespace mailreeve {

class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  ~Descriptor() { reset(); }
  Descriptor(Descriptor&& other) noexcept : number_(other.release()) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  Descriptor& operator=(Descriptor&& other) noexcept {
    reset();
    number_ = other.release();
    return *this;
  }

  int number() const { return number_; }
  // The caller must close it.
  int release() { return std::exchange(number_, -1); }
  void reset() {
    if (number_ >= 0) close(release());
  }

 private:
  int number_;  // negative if there is none
};

}  // namespace mailreeve

#endif
