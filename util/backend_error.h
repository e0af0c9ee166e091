// SPDX-License-Identifier: BSD-2-Clause
// The exception that backends throw.
#ifndef MAILREEVE_UTIL_BACKEND_ERROR_H
#define MAILREEVE_UTIL_BACKEND_ERROR_H

#include <stdexcept>

namespace mailreeve {

// A backend failed, or did not answer in time. Only the pipeline catches it;
// what() is a sentence for the log.
class BackendError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace mailreeve

#endif
