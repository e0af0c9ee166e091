// SPDX-License-Identifier: BSD-2-Clause
#include "core/ip_address.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class IpAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IpAddressTest);
  CPPUNIT_TEST(text_is_read_and_written_back_canonically);
  CPPUNIT_TEST(what_is_no_address_is_nothing);
  CPPUNIT_TEST(a_literal_is_an_address_in_brackets);
  CPPUNIT_TEST(an_ipv4_mapped_address_is_ipv4);
  CPPUNIT_TEST(masking_clears_host_bits);
  CPPUNIT_TEST(networks_contain_their_addresses_only);
  CPPUNIT_TEST(malformed_networks_are_nothing);
  CPPUNIT_TEST_SUITE_END();

  void text_is_read_and_written_back_canonically() {
    const struct {
      const char* in;
      const char* out;
    } table[] = {
        {"192.0.2.1", "192.0.2.1"},
        {"2001:DB8:0:0:0:0:0:1", "2001:db8::1"},
        {"IPv6:2001:db8::1", "2001:db8::1"},
        {"::", "::"},
        {"0.0.0.0", "0.0.0.0"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(std::string(row.out), IpAddress::parse(row.in)->text());
  }

  void what_is_no_address_is_nothing() {
    for (const char* text :
         {"", "192.0.2", "192.0.2.256", "192.0.2.1 ", "2001:db8:::1", "example.com", "IPv6:", "1.2.3.4.5"})
      CPPUNIT_ASSERT_MESSAGE(text, !IpAddress::parse(text));
    CPPUNIT_ASSERT(!IpAddress::parse(std::string_view("192.0.2.1\0x", 11)));
  }

  void a_literal_is_an_address_in_brackets() {
    CPPUNIT_ASSERT(IpAddress::parse_literal("[192.0.2.1]") == IpAddress::parse("192.0.2.1"));
    CPPUNIT_ASSERT(IpAddress::parse_literal("[IPv6:2001:DB8::1]") == IpAddress::parse("2001:db8::1"));
    for (const char* text :
         {"", "[", "]", "[]", "192.0.2.1", "[192.0.2.1", "192.0.2.1]", "[[192.0.2.1]]", "[a]"})
      CPPUNIT_ASSERT_MESSAGE(text, !IpAddress::parse_literal(text));
  }

  void an_ipv4_mapped_address_is_ipv4() {
    const auto mapped = IpAddress::parse("::ffff:192.0.2.1");
    CPPUNIT_ASSERT(mapped->is_v4());
    CPPUNIT_ASSERT(*mapped == *IpAddress::parse("192.0.2.1"));
  }

  void masking_clears_host_bits() {
    const struct {
      const char* in;
      unsigned prefix;
      const char* out;
    } table[] = {
        {"192.0.2.255", 24, "192.0.2.0"},           {"192.0.2.255", 31, "192.0.2.254"},
        {"192.0.2.255", 32, "192.0.2.255"},         {"192.0.2.255", 0, "0.0.0.0"},
        {"192.0.2.255", 99, "192.0.2.255"},         {"2001:db8:1:2:3::9", 64, "2001:db8:1:2::"},
        {"2001:db8:1:ff::", 57, "2001:db8:1:80::"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(std::string(row.out), IpAddress::parse(row.in)->masked(row.prefix).text());
  }

  void networks_contain_their_addresses_only() {
    const struct {
      const char* network;
      const char* address;
      bool inside;
    } table[] = {
        {"192.0.2.0/24", "192.0.2.255", true},
        {"192.0.2.0/24", "192.0.3.0", false},
        {"192.0.2.77/24", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.1", true},
        {"192.0.2.1", "192.0.2.2", false},
        {"::1", "::1", true},
        {"0.0.0.0/0", "203.0.113.9", true},
        {"0.0.0.0/0", "::1", false},
        {"::/0", "192.0.2.1", false},
        {"2001:db8::/32", "2001:db8:ffff::1", true},
        {"::ffff:192.0.2.0/120", "192.0.2.9", true},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.network, row.inside,
                                   Network::parse(row.network)->contains(*IpAddress::parse(row.address)));
  }

  void malformed_networks_are_nothing() {
    for (const char* text : {"192.0.2.0/33", "192.0.2.0/", "192.0.2.0/-1", "192.0.2.0/8x", "2001:db8::/129",
                             "/24", "x/24", "192.0.2.0/0024", "::ffff:192.0.2.0/24"})
      CPPUNIT_ASSERT_MESSAGE(text, !Network::parse(text));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IpAddressTest);
