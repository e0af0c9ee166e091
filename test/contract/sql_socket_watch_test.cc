// SPDX-License-Identifier: BSD-2-Clause
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>

#include "net/socket_watch.h"

using namespace mailreeve;

class SocketWatchTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SocketWatchTest);
  CPPUNIT_TEST(a_read_that_takes_too_long_ends);
  CPPUNIT_TEST(one_that_ended_hides_no_other);
  CPPUNIT_TEST(what_is_not_guarded_any_more_is_left_alone);
  CPPUNIT_TEST_SUITE_END();

  struct Pair {
    Pair() { CPPUNIT_ASSERT_EQUAL(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends.data())); }
    ~Pair() {
      for (const int end : ends) close(end);
    }
    Pair(const Pair&) = delete;
    Pair& operator=(const Pair&) = delete;
    // Waits for an octet that is never sent.
    ssize_t wait() const {
      char octet = 0;
      return read(ends[0], &octet, 1);
    }
    std::array<int, 2> ends{};
  };

  // On failure, this test hangs.
  void a_read_that_takes_too_long_ends() {
    SocketWatch watch;
    const Pair pair;
    const SocketWatch::Guard guard(watch, pair.ends[0], Deadline(Milliseconds(20)));
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, pair.wait());
  }

  void one_that_ended_hides_no_other() {
    SocketWatch watch;
    const Pair first;
    const Pair second;
    const SocketWatch::Guard ended(watch, first.ends[0], Deadline(Milliseconds(0)));
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, first.wait());
    const SocketWatch::Guard guard(watch, second.ends[0], Deadline(Milliseconds(20)));
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, second.wait());
  }

  void what_is_not_guarded_any_more_is_left_alone() {
    SocketWatch watch;
    const Pair pair;
    const Pair other;
    { const SocketWatch::Guard guard(watch, pair.ends[0], Deadline(Milliseconds(20))); }
    const SocketWatch::Guard guard(watch, other.ends[0], Deadline(Milliseconds(60)));
    CPPUNIT_ASSERT_EQUAL(ssize_t{0}, other.wait());
    CPPUNIT_ASSERT_EQUAL(ssize_t{1}, write(pair.ends[1], "x", 1));
    CPPUNIT_ASSERT_EQUAL(ssize_t{1}, pair.wait());
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(SocketWatchTest);
