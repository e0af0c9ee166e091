// SPDX-License-Identifier: BSD-2-Clause
#include "core/limits.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace mailreeve;

namespace {

std::string read(std::string_view text, LimitDefaults defaults = {}) {
  std::string out;
  try {
    for (const auto& limit : parse_limits(text, defaults)) out += (out.empty() ? "" : " ") + to_string(limit);
  } catch (const std::invalid_argument&) {
    return "refused";
  }
  return out;
}

std::string read_margin(std::string_view text) {
  try {
    return to_string(parse_margin(text));
  } catch (const std::invalid_argument&) {
    return "refused";
  }
}

}  // namespace

class LimitsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LimitsTest);
  CPPUNIT_TEST(limits_are_read);
  CPPUNIT_TEST(what_the_text_leaves_out_comes_from_the_defaults);
  CPPUNIT_TEST(nonsense_is_refused);
  CPPUNIT_TEST(margins_are_read);
  CPPUNIT_TEST_SUITE_END();

  void limits_are_read() {
    struct Row {
      std::string_view text, wanted;
    };
    for (const Row& row :
         {Row{"1000", "recipients:1000/24h"}, Row{"100/1h 1000/24h", "recipients:100/1h recipients:1000/24h"},
          Row{"100/1h,1000/24h", "recipients:100/1h recipients:1000/24h"},
          Row{"messages:50/10m", "messages:50/10m"}, Row{"500/day", "recipients:500/day"},
          Row{" 0 ", "recipients:0/24h"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string(row.wanted), read(row.text));
      CPPUNIT_ASSERT_EQUAL(std::string(row.wanted), read(row.wanted));
    }
  }

  void what_the_text_leaves_out_comes_from_the_defaults() {
    LimitDefaults daily{.window = kDaily};
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:7/day recipients:8/2h"), read("7 8/2h", daily));
    LimitDefaults both{.counting = LimitDefaults::Counting::Both, .window = Seconds(3600)};
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:7/1h messages:7/1h messages:2/1h"),
                         read("7 messages:2", both));
  }

  void nonsense_is_refused() {
    for (const auto* text : {"", " ", "x", "-1", "1.5", "10/", "10/1", "10/59s", "10/367d", "10/1500ms",
                             "10/Day", "mails:10", ":10", "10/1h/1h", "recipients:", "2147483648",
                             "99999999999999999999", "1 2 3 4 5 6 7 8 9", "10 /1h"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("refused"), read(text));
  }

  void margins_are_read() {
    for (const auto* text : {"0", "10", "10%", "100%"})
      CPPUNIT_ASSERT_EQUAL(std::string(text), read_margin(text));
    for (const auto* text : {"", "%", "0.1", "-1", "101%", "10 %", "1.0"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string("refused"), read_margin(text));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{23}, parse_margin("10%").of(239));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{10}, parse_margin("10").of(239));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsTest);
