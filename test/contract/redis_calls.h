// SPDX-License-Identifier: BSD-2-Clause
// Calls of a store as tests see them: their errors and their time.
#ifndef MAILREEVE_TEST_CONTRACT_REDIS_CALLS_H
#define MAILREEVE_TEST_CONTRACT_REDIS_CALLS_H

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <memory>
#include <string>

#include "core/state_store.h"
#include "store/state/redis_store.h"
#include "util/backend_error.h"

namespace mailreeve {

inline std::unique_ptr<RedisStore> open_redis(const std::string& url, Milliseconds timeout,
                                              std::size_t connections = RedisOptions{}.connections) {
  RedisOptions options;
  options.timeout = timeout;
  options.connections = connections;
  return std::make_unique<RedisStore>(parse_redis_url(url), options);
}

// An approach of this client, always with the same sender and recipient.
inline Passage come(StateStore& store, const std::string& client,
                    TimePoint now = from_millis(1'700'000'000'123)) {
  const Approach what{.client = client, .sender = "a@example.org", .recipient = "b@example.net"};
  return store.approach(what, GreylistRules{}, now, Deadline(Milliseconds(5000)));
}

// Returns the text of the exception; empty if none.
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
