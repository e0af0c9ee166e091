// SPDX-License-Identifier: BSD-2-Clause
#include "util/settled_clock.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

constexpr Seconds kMinute{60};
constexpr Seconds kHour{3600};
constexpr Seconds kYear{365 * 86400};

// Stands still unless it is moved.
class StillClock {
 public:
  Moments moments() const {
    return [this] { return moment_; };
  }
  void pass(Seconds time) {
    moment_.calendar += time;
    moment_.steady += time;
  }
  void jump(Seconds time) { moment_.calendar += time; }

 private:
  Moment moment_{from_millis(1'790'000'000'000), {}};
};

}  // namespace

class SettledClockTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SettledClockTest);
  CPPUNIT_TEST(it_settles_an_hour_after_the_start);
  CPPUNIT_TEST(a_jump_unsettles_it_for_an_hour);
  CPPUNIT_TEST(jumps_of_an_hour_back_and_forth_count_as_well);
  CPPUNIT_TEST(slewing_does_not);
  CPPUNIT_TEST_SUITE_END();

  StillClock clock_;

  // Asked once a minute, how often it said yes.
  int settled_during(const SettledClock& settled, Seconds time) {
    int out = 0;
    for (Seconds passed{0}; passed < time; passed += kMinute) {
      clock_.pass(kMinute);
      out += settled.settled() ? 1 : 0;
    }
    return out;
  }

 public:
  void it_settles_an_hour_after_the_start() {
    const SettledClock settled(clock_.moments());
    CPPUNIT_ASSERT(!settled.settled());
    CPPUNIT_ASSERT_EQUAL(0, settled_during(settled, kHour - kMinute));
    CPPUNIT_ASSERT_EQUAL(60, settled_during(settled, kHour));
    // Also if nobody asked meanwhile.
    const SettledClock another(clock_.moments());
    clock_.pass(kHour);
    CPPUNIT_ASSERT(another.settled());
  }

  void a_jump_unsettles_it_for_an_hour() {
    const SettledClock settled(clock_.moments());
    clock_.pass(kHour);
    CPPUNIT_ASSERT(settled.settled());
    for (const Seconds jump : {kYear, -kYear}) {
      clock_.jump(jump);
      CPPUNIT_ASSERT(!settled.settled());
      CPPUNIT_ASSERT_EQUAL(0, settled_during(settled, kHour - kMinute));
      CPPUNIT_ASSERT_EQUAL(10, settled_during(settled, 10 * kMinute));
    }
  }

  void jumps_of_an_hour_back_and_forth_count_as_well() {
    const SettledClock settled(clock_.moments());
    clock_.pass(kHour);
    CPPUNIT_ASSERT(settled.settled());
    clock_.jump(kHour);
    CPPUNIT_ASSERT_EQUAL(0, settled_during(settled, 30 * kMinute));
    clock_.jump(-kHour);
    CPPUNIT_ASSERT_EQUAL(0, settled_during(settled, kHour));
    CPPUNIT_ASSERT_EQUAL(10, settled_during(settled, 10 * kMinute));
  }

  // Three seconds in each minute.
  void slewing_does_not() {
    const SettledClock settled(clock_.moments());
    clock_.pass(kHour);
    for (int minute = 0; minute < 100; ++minute) {
      clock_.jump(Seconds(3));
      CPPUNIT_ASSERT_EQUAL(1, settled_during(settled, kMinute));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SettledClockTest);
