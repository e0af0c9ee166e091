// SPDX-License-Identifier: BSD-2-Clause
#include "core/header_address.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

std::string read(std::string_view value) {
  const auto addresses = header_addresses(value);
  if (!addresses) return "nothing";
  std::string out;
  for (const auto& address : *addresses) out += (out.empty() ? "" : " ") + address.text();
  return out;
}

}  // namespace

class HeaderAddressTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(HeaderAddressTest);
  CPPUNIT_TEST(addresses_are_found);
  CPPUNIT_TEST(what_is_not_certain_is_nothing);
  CPPUNIT_TEST(lists_are_bounded);
  CPPUNIT_TEST_SUITE_END();

  void addresses_are_found() {
    struct Row {
      std::string_view value, wanted;
    };
    for (const Row& row :
         {Row{"a@example.com", "a@example.com"}, Row{" Alice <a@example.com> ", "a@example.com"},
          Row{"\"Alice, the CEO\" <a@example.com>", "a@example.com"},
          Row{"\"ceo@example.net\" <a@example.com>", "a@example.com"},
          Row{"Alice (b@example.net) <a@example.com> (c (d) e)", "a@example.com"},
          Row{"a@example.com,\r\n b@example.com", "a@example.com b@example.com"},
          Row{"a@example.com,,b@example.com,", "a@example.com b@example.com"},
          Row{"Staff: a@example.com, Bob <b@example.com>;, c@example.com",
              "a@example.com b@example.com c@example.com"},
          Row{"\"a b\"@example.com", "\"a b\"@example.com"}, Row{"a . b @ example . com", "a.b@example.com"},
          Row{"J. R. <a@example.com>", "a@example.com"},
          Row{"=?utf-8?q?B=C3=B6b?= <a@example.com>", "a@example.com"},
          Row{"Böb <böb@bücher.example>", "böb@bücher.example"}, Row{"<a@[192.0.2.1]>", "a@[192.0.2.1]"},
          Row{"a@[IPv6:2001:db8::1]", "a@[IPv6:2001:db8::1]"},
          Row{"\"a\\\"@x\"@example.com", "\"a\\\"@x\"@example.com"}})
      CPPUNIT_ASSERT_EQUAL(std::string(row.wanted), read(row.value));
  }

  void what_is_not_certain_is_nothing() {
    for (const auto* value : {"",
                              " ",
                              ",",
                              "Alice",
                              "Alice <>",
                              "<a@example.com",
                              "a@example.com>",
                              "<<a@example.com>>",
                              "a@example.com b@example.com",
                              "a@example.com <b@example.com>",
                              "Alice <a@example.com> b@example.com",
                              "a@b@example.com",
                              "\"a@example.com",
                              "(a@example.com",
                              "a b@example.com",
                              "a@example.com (x",
                              "Staff: a@example.com",
                              "A: B: a@example.com;;",
                              "<@x.example:a@example.com>",
                              "<@[x.example:a@example.com]>",
                              "a@[192.0.2.1 (x)]",
                              "a@[\"]",
                              "a@[[1]",
                              "a@[192.0.2.1",
                              "a@",
                              "@example.com",
                              "a@exa mple.com",
                              "a\x01@example.com",
                              "a@example.com\x7f",
                              "undisclosed:;",
                              "Alice <a@example.com>, Bob",
                              "postmaster"})
      CPPUNIT_ASSERT_EQUAL_MESSAGE(value, std::string("nothing"), read(value));
  }

  void lists_are_bounded() {
    std::string list;
    for (int i = 0; i < 100; ++i) list += "a@example.com,";
    CPPUNIT_ASSERT(header_addresses(list));
    CPPUNIT_ASSERT(!header_addresses(list + "a@example.com"));
    CPPUNIT_ASSERT(!header_addresses(std::string(100000, '(')));
    CPPUNIT_ASSERT(header_addresses(std::string(100000, ',') + "a@example.com"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(HeaderAddressTest);
