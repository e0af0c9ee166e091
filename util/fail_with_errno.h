// SPDX-License-Identifier: BSD-2-Clause
// Reports a failed system call.
#ifndef MAILREEVE_UTIL_FAIL_WITH_ERRNO_H
#define MAILREEVE_UTIL_FAIL_WITH_ERRNO_H

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>

namespace mailreeve {

// Throws std::runtime_error with "what: " and the text of errno.
[[noreturn]] inline void fail_with_errno(const std::string& what) {
  throw std::runtime_error(what + ": " + std::strerror(errno));
}

}  // namespace mailreeve

#endif
