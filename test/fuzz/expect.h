// SPDX-License-Identifier: BSD-2-Clause
// What must hold for any input; the fuzzer keeps the input for which it does
// not.
#ifndef MAILREEVE_TEST_FUZZ_EXPECT_H
#define MAILREEVE_TEST_FUZZ_EXPECT_H

#include <cstdio>
#include <cstdlib>

#define EXPECT_FUZZED(condition)                                                          \
  do {                                                                                    \
    if (!(condition)) {                                                                   \
      std::fprintf(stderr, "%s:%d: does not hold: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                       \
    }                                                                                     \
  } while (false)

#endif
