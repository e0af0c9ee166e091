// SPDX-License-Identifier: BSD-2-Clause
#include "util/host_port.h"

#include <cppunit/extensions/HelperMacros.h>

#include <stdexcept>

using namespace mailreeve;

class HostPortTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HostPortTest);
  CPPUNIT_TEST(a_port_is_a_number_from_1_to_65535_and_nothing_else);
  CPPUNIT_TEST(a_host_may_have_a_port_and_brackets);
  CPPUNIT_TEST(what_is_neither_is_refused_with_what_it_lacks);
  CPPUNIT_TEST(an_ipv6_address_is_written_in_brackets);
  CPPUNIT_TEST_SUITE_END();

  void a_port_is_a_number_from_1_to_65535_and_nothing_else() {
    CPPUNIT_ASSERT_EQUAL(1, int{parse_port("1").value()});
    CPPUNIT_ASSERT_EQUAL(65535, int{parse_port("65535").value()});
    for (const char* text : {"", "0", "65536", "99999999999", "+1", "-1", " 1", "1 ", "0x1", "1x"})
      CPPUNIT_ASSERT_MESSAGE(text, !parse_port(text));
  }

  void a_host_may_have_a_port_and_brackets() {
    const struct {
      const char* text;
      const char* host;
      int port;  // 0: none
    } table[] = {
        {"db.example.com", "db.example.com", 0}, {"db.example.com:25", "db.example.com", 25},
        {"192.0.2.1:65535", "192.0.2.1", 65535}, {"[2001:db8::1]", "2001:db8::1", 0},
        {"[2001:db8::1]:1", "2001:db8::1", 1},
    };
    for (const auto& row : table) {
      const HostPort found = parse_host_port(row.text);
      CPPUNIT_ASSERT_EQUAL(std::string(row.host), found.host);
      CPPUNIT_ASSERT_EQUAL(row.port, int{found.port.value_or(0)});
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{253}, parse_host_port(std::string(253, 'x')).host.size());
  }

  void what_is_neither_is_refused_with_what_it_lacks() {
    const std::pair<std::string, std::string> table[] = {
        {"", "lacks the name of a host"},
        {":25", "lacks the name of a host"},
        {"[]:25", "lacks the name of a host"},
        {"::1", "lacks the name of a host"},
        {"[::1", "without"},
        {"host:", "after \"host\""},
        {"host:0", "after \"host\""},
        {"host:25x", "after \"host\""},
        {"2001:db8::1", "stand in []"},
        {"[::1]25", "after \"::1\""},
        {"[::1]x", "after \"::1\""},
        {std::string(254, 'x'), "more than 253 octets"},
    };
    for (const auto& [text, why] : table) {
      try {
        parse_host_port(text);
        CPPUNIT_FAIL(text + " is taken");
      } catch (const std::invalid_argument& error) {
        CPPUNIT_ASSERT_MESSAGE(error.what(), std::string(error.what()).find(why) != std::string::npos);
      }
    }
  }

  void an_ipv6_address_is_written_in_brackets() {
    CPPUNIT_ASSERT_EQUAL(std::string("[2001:db8::1]:25"), to_string("2001:db8::1", 25));
    CPPUNIT_ASSERT_EQUAL(std::string("db.example.com:3306"), to_string("db.example.com", 3306));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HostPortTest);
