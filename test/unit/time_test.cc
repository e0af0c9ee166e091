// SPDX-License-Identifier: BSD-2-Clause
#include "util/time.h"

#include <cppunit/extensions/HelperMacros.h>

#include <condition_variable>

#include "test/steady_clock_shift.h"
#include "util/guarded.h"

using namespace mailreeve;

class TimeTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TimeTest);
  CPPUNIT_TEST(durations_are_read);
  CPPUNIT_TEST(durations_without_unit_or_sense_are_nothing);
  CPPUNIT_TEST(a_formatted_duration_reads_back);
  CPPUNIT_TEST(dates_follow_rfc_5322_and_rfc_3339);
  CPPUNIT_TEST(the_nearer_deadline_counts);
  CPPUNIT_TEST(a_span_that_a_test_lets_pass_is_over);
  CPPUNIT_TEST_SUITE_END();

  void durations_are_read() {
    const struct {
      const char* text;
      std::int64_t millis;
    } table[] = {
        {"0", 0},
        {"250ms", 250},
        {"5m", 300000},
        {"24h", 86400000},
        {"35d", 3024000000},
        {"1h30m", 5400000},
        {"3000000s", 3000000000},
        {"2w", 1209600000},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(row.millis, std::int64_t(parse_duration(row.text)->count()));
  }

  void durations_without_unit_or_sense_are_nothing() {
    for (const char* text :
         {"", "5", "m", "5 m", "-5m", "5x", "5mm", "1h30", "99999999999999999999s", "101d9000w", "1.5h"})
      CPPUNIT_ASSERT_MESSAGE(text, !parse_duration(text));
  }

  void a_formatted_duration_reads_back() {
    const struct {
      const char* in;
      const char* out;
    } table[] = {{"300s", "5m"}, {"1440m", "24h"},     {"1d", "24h"}, {"35d", "35d"},
                 {"90m", "90m"}, {"1500ms", "1500ms"}, {"0", "0"}};
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(std::string(row.out), format_duration(*parse_duration(row.in)));
  }

  void dates_follow_rfc_5322_and_rfc_3339() {
    const TimePoint when = from_millis(1795255200123);
    CPPUNIT_ASSERT_EQUAL(std::string("Sat, 21 Nov 2026 10:00:00 +0000"), format_rfc5322(when));
    CPPUNIT_ASSERT_EQUAL(std::string("2026-11-21T10:00:00.123Z"), format_rfc3339(when));
    CPPUNIT_ASSERT_EQUAL(std::string("1969-12-31T23:59:59.999Z"), format_rfc3339(from_millis(-1)));
    CPPUNIT_ASSERT(format_rfc3339(TimePoint::min()).ends_with(".192Z"));
    CPPUNIT_ASSERT(format_rfc3339(TimePoint::max()).ends_with(".807Z"));
  }

  void the_nearer_deadline_counts() {
    const Deadline far(Milliseconds(3600000));
    CPPUNIT_ASSERT(far.within(Milliseconds(0)).passed());
    CPPUNIT_ASSERT(!far.within(Milliseconds(7200000)).passed());
    CPPUNIT_ASSERT(far.within(Milliseconds(7200000)).at() == far.at());
    CPPUNIT_ASSERT(Deadline(Milliseconds(-5)).left() == Milliseconds(0));
  }

  void a_span_that_a_test_lets_pass_is_over() {
    const Deadline soon(Seconds(3600));
    const Deadline late(Seconds(3 * 3600));
    SteadyClockShift::advance(Seconds(3600));
    CPPUNIT_ASSERT(soon.passed() && soon.left() == Milliseconds(0));
    CPPUNIT_ASSERT(!late.passed() && late.left() <= Seconds(2 * 3600));
    // A wait that begins now is no longer than what is left.
    Guarded<int> value;
    std::condition_variable never;
    CPPUNIT_ASSERT(!value.lock().wait_until(never, soon.at(), [](int) { return false; }));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TimeTest);
