// SPDX-License-Identifier: BSD-2-Clause
#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "store/policydb/open_policy_db.h"
#include "store/policydb/policy_names.h"

using namespace mailreeve;

class PolicyUrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PolicyUrlTest);
  CPPUNIT_TEST(known_forms_are_taken);
  CPPUNIT_TEST(anything_else_is_refused_with_the_known_forms);
  CPPUNIT_TEST(names_fold_or_are_none);
  CPPUNIT_TEST_SUITE_END();

  void known_forms_are_taken() {
    for (const char* url :
         {"sqlite:/var/lib/mailreeve/policy.db", "mysql://u@host/db", "mysql://u@host:3307/db",
          "mysql://u@h1,h2:3307,[2001:db8::1],[::1]:3306/db", "mysql://u@/run/mysqld/mysqld.sock:db"})
      check_policy_db_url(url);
  }

  void anything_else_is_refused_with_the_known_forms() {
    for (const std::string& url : {std::string(""),
                                   std::string("sqlite:"),
                                   std::string("sqlite:policy.db"),
                                   std::string("sqlite:/tmp/"),
                                   std::string("sqlite:/a\0b", 11),
                                   std::string("postgres://u@h/db"),
                                   std::string("mysql:u@h/db"),
                                   std::string("mysql://h/db"),
                                   std::string("mysql://@h/db"),
                                   std::string("mysql://u@h"),
                                   std::string("mysql://u@h/"),
                                   std::string("mysql://u:secret@h/db"),
                                   std::string("mysql://u@h:0/db"),
                                   std::string("mysql://u@h:65536/db"),
                                   std::string("mysql://u@h:/db"),
                                   std::string("mysql://u@h:1x/db"),
                                   std::string("mysql://u@h,/db"),
                                   std::string("mysql://u@,h/db"),
                                   std::string("mysql://u@[::1/db"),
                                   std::string("mysql://u@[]/db"),
                                   std::string("mysql://u@[::1]3306/db"),
                                   std::string("mysql://u@h/a/b"),
                                   std::string("mysql://u@h/db?x=1"),
                                   std::string("mysql://u@/run/sock"),
                                   std::string("mysql://u@/run/sock:")}) {
      try {
        check_policy_db_url(url);
        CPPUNIT_FAIL(url);
      } catch (const std::invalid_argument& error) {
        const std::string what = error.what();
        CPPUNIT_ASSERT(what.find("sqlite:/path/of/file") != std::string::npos);
        CPPUNIT_ASSERT_MESSAGE(what, what.find("secret") == std::string::npos);
      }
    }
  }

  void names_fold_or_are_none() {
    struct Row {
      std::optional<std::string> (*fold)(std::string_view);
      std::string name;
      std::string folded;  // empty if none
    };
    const Row rows[] = {
        {fold_user, "Joe", "joe"},
        {fold_user,
         "Joe@B\xc3\xbc"
         "cher.Example",
         "joe@xn--bcher-kva.example"},
        {fold_user, "CN=Joe,O=Example", "cn=joe,o=example"},
        {fold_user, "joe@", "joe@"},
        {fold_user, "CAF\xc3\x89", "caf\xc3\xa9"},
        {fold_user, "cafe\xcc\x81", "caf\xc3\xa9"},
        {fold_user, "", ""},
        {fold_user, " joe\t", "joe"},
        {fold_user, " ", ""},
        {fold_user, "jo\te", ""},
        {fold_user, "jo\xe9", ""},
        {fold_user, "\xc0\xaf", ""},
        {fold_user, "\xed\xa0\x80", ""},
        {fold_user, "\xf4\x90\x80\x80", ""},
        {fold_domain, "Example.COM", "example.com"},
        {fold_domain, "example.com.", "example.com"},
        {fold_domain, ".Example.com", ".example.com"},
        {fold_domain, "*", "*"},
        {fold_domain, "*.example.com", ""},
        {fold_domain, "..example.com", ""},
        {fold_domain, "a@example.com", ""},
        {fold_domain, "", ""},
        {fold_domain, ".", ""},
        {fold_address, "A.B+c@Example.com", "a.b+c@example.com"},
        {fold_address, "\"A b\"@example.com", "\"a b\"@example.com"},
        {fold_address, " J\xc3\x9cRG@example.com", "j\xc3\xbcrg@example.com"},
        {fold_address, "\"A\"@example.com.", "a@example.com"},
        {fold_address, "<a@example.com>", ""},
        {fold_address, "postmaster", ""},
        {fold_address, "a@b@example.com", ""},
        {fold_address, "", ""},
    };
    for (const Row& row : rows)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.name, row.folded, row.fold(row.name).value_or(""));
    CPPUNIT_ASSERT_EQUAL(std::string("joe@b\xc3\xbc"
                                     "cher.example"),
                         as_others_write("joe@xn--bcher-kva.example"));
    CPPUNIT_ASSERT_EQUAL(std::string("joe"), as_others_write("joe"));
    CPPUNIT_ASSERT_EQUAL(std::string("\xc3\x96zlem"), as_others_write("\xc3\xb6zlem"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, length("caf\xc3\xa9"));
  }
};
CPPUNIT_TEST_SUITE_REGISTRATION(PolicyUrlTest);
