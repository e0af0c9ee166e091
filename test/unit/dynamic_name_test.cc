// SPDX-License-Identifier: BSD-2-Clause
#include "policies/dynamic_name.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class DynamicNameTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DynamicNameTest);
  CPPUNIT_TEST(names_that_show_the_address_are_dynamic);
  CPPUNIT_TEST(names_that_say_so_are_dynamic);
  CPPUNIT_TEST(the_names_of_mail_servers_are_not);
  CPPUNIT_TEST(what_is_no_name_is_dynamic);
  CPPUNIT_TEST_SUITE_END();

  static bool dynamic(const char* name, const char* address) {
    return looks_dynamic(name, *IpAddress::parse(address));
  }

  // None of these says it in a word that is known.
  void names_that_show_the_address_are_dynamic() {
    const struct {
      const char* name;
      const char* address;
    } table[] = {
        // decimal, in order and reversed, whole and cut
        {"192-0-2-77.example.net", "192.0.2.77"},
        {"host77.2.0.192.example.net", "192.0.2.77"},
        {"h-192-0-2.example.net", "192.0.2.77"},
        {"x2-77.example.net", "192.0.2.77"},
        {"x77-2.example.net", "192.0.2.77"},
        {"ec2-198-51-100-7.example.net", "198.51.100.7"},
        {"ns7.ip-198-51-100.example", "198.51.100.7"},
        {"7.100.51.198.bc.example.net.", "198.51.100.7"},
        {"198x51x100x7.example.net", "198.51.100.7"},
        {"MAIL-198-51-100-7.Example.NET", "198.51.100.7"},
        {"mx-ll-198.51.100-7.example.net", "198.51.100.7"},
        // padded
        {"192-000-002-077.example.net", "192.0.2.77"},
        {"h192000002077.example.net", "192.0.2.77"},
        {"mail192000002077.example.net", "192.0.2.77"},
        {"h077002000192.example.net", "192.0.2.77"},
        // hexadecimal
        {"pc000024d.example.net", "192.0.2.77"},
        {"p4d0200c0.example.net", "192.0.2.77"},
        {"c0-00-02-4d.example.net", "192.0.2.77"},
        {"xC6.33.64.7.example.net", "198.51.100.7"},
        {"pabcdefac.example.net", "171.205.239.172"},
        // one number
        {"3221226061.example.net", "192.0.2.77"},
        // IPv6: text, all digits, below ip6.arpa, the host's half
        {"2001-db8-1-2--25.example.net", "2001:db8:1:2::25"},
        {"h20010db8000100020000000000000025.example.net", "2001:db8:1:2::25"},
        {"5.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.2.0.0.0.1.0.0.0.8.b.d.0.1.0.0.2.example.net", "2001:db8:1:2::25"},
        {"x-021122fffe334455.example.net", "2001:db8:1:2:211:22ff:fe33:4455"},
        {"x-0211-22ff-fe33-4455.example.net", "2001:db8:1:2:211:22ff:fe33:4455"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_MESSAGE(row.name, dynamic(row.name, row.address));
    // The same names are nothing special at another address.
    CPPUNIT_ASSERT(!dynamic("x2-77.example.net", "203.0.113.9"));
    CPPUNIT_ASSERT(!dynamic("pabcdefac.example.net", "203.0.113.9"));
    CPPUNIT_ASSERT(!dynamic("2001-db8-1-2--25.example.net", "2001:db8:ffff::9"));
  }

  void names_that_say_so_are_dynamic() {
    for (const char* name : {"adsl.example.net",
                             "a.dyn.example.net",
                             "dynamic-9.example.net",
                             "dial7.example.net",
                             "pool3.example.net",
                             "x-ppp12.example.net",
                             "cable.example.net",
                             "a.dhcp.example.net",
                             "a.client.example.net",
                             "cust-7.example.net",
                             "a.broadband.example.net",
                             "a.home.example.net",
                             "b.mobile.example.net",
                             "user12.example.net",
                             "ip4.example.net",
                             "a.static.example.net",
                             "static.7.clients.example.net",
                             "vps-1a2b3c.example.net",
                             "vm12.example.co.uk",
                             "x.dip0.example.net",
                             "ns312345.example.net",
                             "vmi1234567.example.net",
                             "DSL.Example.Net"})
      CPPUNIT_ASSERT_MESSAGE(name, dynamic(name, "203.0.113.9"));
  }

  void the_names_of_mail_servers_are_not() {
    const struct {
      const char* name;
      const char* address;
    } table[] = {
        {"mail.example.com", "192.0.2.77"},
        {"example.com", "192.0.2.77"},
        {"mta12.example.com", "192.0.2.77"},
        {"srv9.example.com", "192.0.2.77"},
        // Numbers that are two of the address's octets by chance
        {"forward2.university0.example.com", "192.0.2.77"},
        {"rack2host77.example.com", "192.0.2.77"},
        // Words and numbers in the name that somebody registered
        {"www.mobile.example", "192.0.2.77"},
        {"a.dsl.test", "192.0.2.77"},
        {"mx1.user12345.test", "192.0.2.77"},
        // Words within words
        {"partnership.example.com", "192.0.2.77"},
        {"whirlpool.example.com", "192.0.2.77"},
        // Providers number their pools by the last two octets, and by large numbers.
        {"a2-77.smtp-out.example.com", "192.0.2.77"},
        {"mail2-77.example.com", "192.0.2.77"},
        {"mail-eopbgr20611.outbound.example.com", "192.0.2.77"},
        {"mail-pool3.example.com", "192.0.2.77"},
        {"smtp.home.example.com", "192.0.2.77"},
        {"o1.p38.example.com", "192.0.2.77"},
        {"mail-wr1-x42f.example.com", "2001:db8:4864:20::42f"},
        {"mail.example.com", "2001:db8::1"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_MESSAGE(row.name, !dynamic(row.name, row.address));
  }

  void what_is_no_name_is_dynamic() {
    for (const std::string& name :
         {std::string(), std::string("."), std::string(254, 'a'), std::string(10'000'000, '1')})
      CPPUNIT_ASSERT_MESSAGE(name, looks_dynamic(name, *IpAddress::parse("192.0.2.77")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DynamicNameTest);
