// SPDX-License-Identifier: BSD-2-Clause
// The exception that functions throw when they cannot open a store.
#ifndef MAILREEVE_UTIL_STORE_OPEN_ERROR_H
#define MAILREEVE_UTIL_STORE_OPEN_ERROR_H

#include <stdexcept>

namespace mailreeve {

// what() is a sentence for the operator: the store's path, and why it cannot be opened.
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace mailreeve

#endif
