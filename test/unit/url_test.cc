// SPDX-License-Identifier: BSD-2-Clause
#include "util/url.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class UrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UrlTest);
  CPPUNIT_TEST(what_may_be_a_password_is_not_shown);
  CPPUNIT_TEST(all_but_unreserved_characters_are_percent_encoded);
  CPPUNIT_TEST_SUITE_END();

  void what_may_be_a_password_is_not_shown() {
    const struct {
      const char* url;
      const char* shown;
    } table[] = {
        {"redis://joe:secret@redis.example.com:6379/0", "redis://...@redis.example.com:6379/0"},
        {"mysql://joe:se@cr/et@/run/mysqld.sock:mail", "mysql://...@/run/mysqld.sock:mail"},
        {"mysql://joe@db.example.com/mail", "mysql://...@db.example.com/mail"},
        {"https://@hooks.example.com/", "https://...@hooks.example.com/"},
        {"redis://redis.example.com", "redis://redis.example.com"},
        {"sqlite:/var/lib/a@b.db", "sqlite:/var/lib/a@b.db"},
        {"a@b://", "a@b://"},
        {"", ""},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.shown), shown_url(row.url));
  }

  void all_but_unreserved_characters_are_percent_encoded() {
    const std::string kept = "ABCXYZabcxyz0123456789-._~";
    CPPUNIT_ASSERT_EQUAL(kept, percent_encoded(kept));
    using namespace std::string_view_literals;
    CPPUNIT_ASSERT_EQUAL(std::string("%00%0A%20%25%2B%2F%40%5B%60%7B%7F%80%FF"),
                         percent_encoded("\0\n %+/@[`{\x7f\x80\xff"sv));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UrlTest);
