// SPDX-License-Identifier: BSD-2-Clause
// The exception of whatever opens a store.
#ifndef MAILREEVE_UTIL_STORE_OPEN_ERROR_H
#define MAILREEVE_UTIL_STORE_OPEN_ERROR_H

#include <stdexcept>

namespace mailreeve {

// Why a store cannot be opened, with its path: a sentence for the operator.
class StoreOpenError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

}  // namespace mailreeve

#endif
