// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/odd_packets.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

using namespace mailreeve;
using namespace std::string_literals;

class OddPackets : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OddPackets);
  CPPUNIT_TEST(macros_in_pairs_stay_as_they_are);
  CPPUNIT_TEST(a_macro_without_a_value_is_left_out);
  CPPUNIT_TEST(a_scope_id_is_left_out);
  CPPUNIT_TEST(other_packets_stay_as_they_are);
  CPPUNIT_TEST_SUITE_END();

 public:
  void macros_in_pairs_stay_as_they_are() {
    for (const auto& data :
         {"Cj\0mx.example.net\0"s, "M"s, ""s, "Mi\0\0"s, "M\0\0\0\0"s, "Mi\0x\0tail"s, "Mtail"s})
      CPPUNIT_ASSERT_EQUAL(data, mended('D', data));
  }

  void a_macro_without_a_value_is_left_out() {
    const std::string pairs[][2] = {{"Mi\0"s, "M"s},     {"Mi\0x\0j\0"s, "Mi\0x\0"s},
                                    {"M\0"s, "M"s},      {"M\0\0\0"s, "M\0\0"s},
                                    {"Mi\0tail"s, "M"s}, {"Mi\0x\0j\0tail"s, "Mi\0x\0"s}};
    for (const auto& [odd, even] : pairs) CPPUNIT_ASSERT_EQUAL(even, mended('D', odd));
  }

  void a_scope_id_is_left_out() {
    const std::string before =
        "client.example.org\0"
        "6\0\x19"s;
    CPPUNIT_ASSERT_EQUAL(before + "fe80::1\0\0\0\0\0\0"s, mended('C', before + "fe80::1%eth0\0"s));
    CPPUNIT_ASSERT_EQUAL(before + "fe80::1\0\0"s, mended('C', before + "fe80::1%\0"s));
    // Whatever the name and the port are.
    CPPUNIT_ASSERT_EQUAL(
        "a%b\0"
        "6%%::\0\0\0"s,
        mended('C',
               "a%b\0"
               "6%%::%1\0"s));
  }

  void other_packets_stay_as_they_are() {
    for (const auto& data : {"x\0"
                             "6\0\0fe80::1\0"s,
                             "x\0"
                             "4\0\0192.0.2.1%1\0"s,
                             "x%y\0U"s,
                             "x\0"
                             "6"s,
                             "x\0"
                             "6%"s,
                             "x"s, "\0"s, ""s})
      CPPUNIT_ASSERT_EQUAL(data, mended('C', data));
    CPPUNIT_ASSERT_EQUAL("<a@example.org>\0SIZE=1\0x\0"s, mended('M', "<a@example.org>\0SIZE=1\0x\0"s));
  }

 private:
  static std::string mended(char command, std::string data) {
    data.resize(mend_packet(command, data));
    return data;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OddPackets);
