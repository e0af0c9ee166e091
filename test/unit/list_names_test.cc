// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_names.h"

#include <cppunit/extensions/HelperMacros.h>

#include "core/ip_address.h"

using namespace mailreeve;

class ListNamesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListNamesTest);
  CPPUNIT_TEST(addresses_are_reversed);
  CPPUNIT_TEST(a_mapped_address_is_the_ipv4_address);
  CPPUNIT_TEST(names_are_as_dns_has_them);
  CPPUNIT_TEST(what_is_no_host_name_is_not_asked_about);
  CPPUNIT_TEST(a_name_fits_dns_or_is_none);
  CPPUNIT_TEST_SUITE_END();

  static std::string reversed_text(const char* address) { return reversed(*IpAddress::parse(address)); }

  // The examples of RFC 5782 sections 2.1 and 2.4.
  void addresses_are_reversed() {
    CPPUNIT_ASSERT_EQUAL(std::string("99.2.0.192"), reversed_text("192.0.2.99"));
    CPPUNIT_ASSERT_EQUAL(std::string("b.a.9.8.7.6.5.0.4.0.0.0.3.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2"),
                         reversed_text("2001:db8:1:2:3:4:567:89ab"));
  }

  void a_mapped_address_is_the_ipv4_address() {
    CPPUNIT_ASSERT_EQUAL(std::string("99.2.0.192"), reversed_text("::ffff:192.0.2.99"));
  }

  void names_are_as_dns_has_them() {
    CPPUNIT_ASSERT_EQUAL(std::string("mx.example.com"), listable_name("MX.Example.COM.").value());
    CPPUNIT_ASSERT_EQUAL(std::string("xn--bcher-kva.example"), listable_name("b\xC3\xBC"
                                                                             "cher.example")
                                                                   .value());
    CPPUNIT_ASSERT_EQUAL(std::string("3com.1and1.example"), listable_name("3com.1and1.example").value());
    CPPUNIT_ASSERT_EQUAL(std::string("_a.example"), listable_name("_a.example").value());
  }

  void what_is_no_host_name_is_not_asked_about() {
    for (const std::string name :
         {"", ".", "localhost", "192.0.2.1", "192.0.2.1.", "[192.0.2.1]", "[IPv6:2001:db8::1]", "2001:db8::1",
          "10.1", "example.1", "a..example", ".example.com", "a b.example", "a\"b.example", "a/b.example",
          "a.example..", "a\\.example", "*.example"})
      CPPUNIT_ASSERT_MESSAGE(name, !listable_name(name));
    CPPUNIT_ASSERT(!listable_name(std::string("a\0b.example", 11)));
    CPPUNIT_ASSERT(!listable_name("a\xFF.example"));
    CPPUNIT_ASSERT(!listable_name(std::string(64, 'a') + ".example"));
    CPPUNIT_ASSERT(!listable_name(std::string(100000, 'a') + ".example"));
  }

  void a_name_fits_dns_or_is_none() {
    std::string name;
    while (name.size() < 240) name += "abcdefghi.";
    const std::string zone = "l.example";
    CPPUNIT_ASSERT_EQUAL(name + "abc." + zone, name_in_list(name + "abc", zone).value());
    CPPUNIT_ASSERT(!name_in_list(name + "abcd", zone));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListNamesTest);
