// SPDX-License-Identifier: BSD-2-Clause
#include "core/address.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class AddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AddressTest);
  CPPUNIT_TEST(addresses_are_taken_apart);
  CPPUNIT_TEST(what_others_may_read_in_another_way_is_malformed);
  CPPUNIT_TEST(what_is_no_address_says_so_and_keeps_its_text);
  CPPUNIT_TEST_SUITE_END();

  void addresses_are_taken_apart() {
    const struct {
      const char* path;
      const char* text;
      const char* local;
      const char* domain;
    } table[] = {
        {"<a@Example.COM>", "a@Example.COM", "a", "example.com"},
        {"bare@sender.test", "bare@sender.test", "bare", "sender.test"},
        {"<>", "", "", ""},
        {"", "", "", ""},
        {"<\"a@b\"@example.com>", "\"a@b\"@example.com", "\"a@b\"", "example.com"},
        {"<\"a\\\"@b\"@example.com>", "\"a\\\"@b\"@example.com", "\"a\\\"@b\"", "example.com"},
        {"<@relay.test,@other.test:a@example.com>", "a@example.com", "a", "example.com"},
        {"<postmaster>", "postmaster", "postmaster", ""},
        {"<a@[192.0.2.1]>", "a@[192.0.2.1]", "a", "[192.0.2.1]"},
        {"<a@example.com.>", "a@example.com.", "a", "example.com"},
        {"<j\xc3\xbcrg@b\xc3\xbc"
         "cher.example>",
         "j\xc3\xbcrg@b\xc3\xbc"
         "cher.example",
         "j\xc3\xbcrg", "xn--bcher-kva.example"},
        {"<a@B\xc3\x9c"
         "CHER.example>",
         "a@B\xc3\x9c"
         "CHER.example",
         "a", "xn--bcher-kva.example"},
    };
    for (const auto& row : table) {
      const Address address = Address::parse(row.path);
      CPPUNIT_ASSERT_EQUAL(std::string(row.text), address.text());
      CPPUNIT_ASSERT_EQUAL(std::string(row.local), std::string(address.local()));
      CPPUNIT_ASSERT_EQUAL(std::string(row.domain), address.domain());
      CPPUNIT_ASSERT_MESSAGE(row.path, !address.malformed());
    }
  }

  // Postfix reads comments, and blanks and quotes that join words: another address.
  void what_others_may_read_in_another_way_is_malformed() {
    for (const char* path : {"ceo(\")@bank.example(\"(@example.com",
                             "bob+(\")@bank.example(\"(@example.com",
                             "ceo(@example.com",
                             "(@example.com",
                             "ceo()@example.com",
                             "a b@example.com",
                             "\"a\"b@example.com",
                             "a\"b\"@example.com",
                             "\"a\".b@example.com",
                             "\"a@example.com",
                             "a\\@b@example.com",
                             "a\\b@example.com",
                             "a,b@example.com",
                             "a;b@example.com",
                             "a:b@example.com",
                             "a<b>@example.com",
                             "[a]@example.com",
                             "\"a\x01\"@example.com",
                             "\"a\\\n\"@example.com",
                             "a@[192.0.2.1 (x)]",
                             "a@[(]",
                             "a@[\"]"})
      CPPUNIT_ASSERT_MESSAGE(path, Address::parse(path).malformed());
    for (const char* path : {"a..b@example.com", ".a.@example.com", "!#$%&'*+-/=?^_`{|}~@example.com",
                             "\"a b\"@example.com", "\"(\"@example.com", "\"\\\\\"@example.com",
                             "bounce=bob=example.org@example.com", "a@[IPv6:2001:db8::1]"})
      CPPUNIT_ASSERT_MESSAGE(path, !Address::parse(path).malformed());
  }

  void what_is_no_address_says_so_and_keeps_its_text() {
    for (const char* path : {"foo", "@example.com", "a@", "a@b@c", "a@exa mple.com", "a@.com", "a@b..c",
                             "a\x01@example.com", "a@\xff\xfe.example", "a@[]", "a@b\"c"}) {
      const Address address = Address::parse(path);
      CPPUNIT_ASSERT_MESSAGE(path, address.malformed());
      CPPUNIT_ASSERT_EQUAL(std::string(path), address.text());
    }
    CPPUNIT_ASSERT(Address::parse("a@" + std::string(64, 'x') + ".com").malformed());
    CPPUNIT_ASSERT(!Address::parse("a@" + std::string(63, 'x') + ".com").malformed());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AddressTest);
