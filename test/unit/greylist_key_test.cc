// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist_key.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class GreylistKeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(GreylistKeyTest);
  CPPUNIT_TEST(senders_lose_what_changes_between_messages);
  CPPUNIT_TEST(different_senders_stay_different);
  CPPUNIT_TEST(recipients_lose_case_and_extension);
  CPPUNIT_TEST(clients_become_networks);
  CPPUNIT_TEST(keys_are_bounded);
  CPPUNIT_TEST_SUITE_END();

  static std::string sender(const std::string& path) { return greylist_sender(Address::parse(path)); }

  void senders_lose_what_changes_between_messages() {
    const struct {
      const char* in;
      const char* out;
    } table[] = {
        {"<>", "<>"},
        {"<Joe@Example.COM>", "joe@example.com"},
        {"<joe+list@example.com>", "joe@example.com"},
        // BATV
        {"<prvs=0123456789=joe@example.com>", "joe@example.com"},
        {"<prvs=joe/0123456789@example.com>", "joe@example.com"},
        // SRS
        {"<SRS0=HHH=TT=example.org=joe@fwd.example>", "srs0=example.org=joe@fwd.example"},
        {"<SRS0+HHH=TT=example.org=joe@fwd.example>", "srs0=example.org=joe@fwd.example"},
        {"<SRS1=HHH=one.example==HHH=TT=example.org=joe@two.example>",
         "srs1=one.example==example.org=joe@two.example"},
        // VERP and bounces
        {"<list-owner+joe=example.com@list.example>", "list-owner@list.example"},
        {"<bounce-4711-joe=example.com@list.example>", "bounce-#-joe=example.com@list.example"},
        {"<msg.20261121.0042@list.example>", "msg.#.#@list.example"},
        {"<b-00deadbeef17@list.example>", "b-#@list.example"},
        {"<j\xc3\xbcrg@b\xc3\xbc"
         "cher.example>",
         "j\xc3\xbcrg@xn--bcher-kva.example"},
        {"postmaster", "postmaster"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.out), sender(row.in));
  }

  void different_senders_stay_different() {
    // A number alone is a name; short hexadecimal words are words; quotes protect.
    for (const char* path :
         {"12345@example.com", "john.doe2@example.com", "bad-cafe@example.com", "\"a+b\"@example.com",
          "+only@example.com", "prvs=@example.com", "srs0=x@example.com", "srs0@example.com",
          "prvs=a=@example.com", "srs1=a=b@example.com"})
      CPPUNIT_ASSERT_EQUAL(std::string(path), sender(path));
    CPPUNIT_ASSERT(sender("a@one.example") != sender("a@two.example"));
    // Malformed, but not the same.
    CPPUNIT_ASSERT(sender("foo") != sender("bar"));
    CPPUNIT_ASSERT(sender("a@b@c") != sender("a@b@d"));
  }

  void recipients_lose_case_and_extension() {
    CPPUNIT_ASSERT_EQUAL(std::string("bob@example.net"),
                         greylist_recipient(Address::parse("<Bob+Spam@Example.NET>")));
    CPPUNIT_ASSERT_EQUAL(std::string("b-4711@example.net"),
                         greylist_recipient(Address::parse("<b-4711@example.net>")));
    CPPUNIT_ASSERT_EQUAL(std::string("<>"), greylist_recipient(Address::parse("")));
  }

  void clients_become_networks() {
    const auto client = [](const char* address, unsigned v4, unsigned v6) {
      return greylist_client(*IpAddress::parse(address), v4, v6);
    };
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), client("192.0.2.77", 24, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.77/32"), client("192.0.2.77", 32, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8:1:2::/64"), client("2001:db8:1:2:3::4", 24, 64));
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.0/24"), client("::ffff:192.0.2.77", 24, 64));
  }

  void keys_are_bounded() {
    CPPUNIT_ASSERT(sender(std::string(100000, 'x') + "@example.com").size() <= 1024);
    CPPUNIT_ASSERT(greylist_recipient(Address::parse("a@" + std::string(100000, 'x'))).size() <= 1024);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(GreylistKeyTest);
