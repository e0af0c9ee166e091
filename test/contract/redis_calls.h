// SPDX-License-Identifier: BSD-2-Clause
// Calls of a store as tests look at them: what they say, how long they take.
#ifndef MAILREEVE_TEST_CONTRACT_REDIS_CALLS_H
#define MAILREEVE_TEST_CONTRACT_REDIS_CALLS_H

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <string>

#include "core/backends.h"

namespace mailreeve {

// What it throws; empty if nothing.
template <class Call>
std::string problem_of(Call call) {
  try {
    call();
    return "";
  } catch (const BackendError& error) {
    return error.what();
  }
}

template <class Call>
Milliseconds time_of(Call call) {
  const auto begun = std::chrono::steady_clock::now();
  call();
  return std::chrono::duration_cast<Milliseconds>(std::chrono::steady_clock::now() - begun);
}

}  // namespace mailreeve

#define ASSERT_HAS(part, text)                                            \
  do {                                                                    \
    const std::string& found = (text);                                    \
    CPPUNIT_ASSERT_MESSAGE(found, found.find(part) != std::string::npos); \
  } while (false)

#endif
