// SPDX-License-Identifier: BSD-2-Clause
#include "core/registered_domain.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class RegisteredDomainTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RegisteredDomainTest);
  CPPUNIT_TEST(a_name_belongs_to_the_label_before_its_public_suffix);
  CPPUNIT_TEST(what_nobody_registered_has_no_domain);
  CPPUNIT_TEST_SUITE_END();

  void a_name_belongs_to_the_label_before_its_public_suffix() {
    const struct {
      const char* name;
      const char* domain;
    } table[] = {
        {"example.com", "example.com"},
        {"mx1.mail.example.com", "example.com"},
        {"mx1.mail.example.com.", "example.com"},
        {"mx1.example.co.uk", "example.co.uk"},
        {"_spf.example.com", "example.com"},
        // A suffix that is on no list is one label.
        {"tok.na63.bnc.example", "bnc.example"},
        {"a.b.test", "b.test"},
        // A-labels, in the name and in the suffix.
        {"mx.xn--bcher-kva.example", "xn--bcher-kva.example"},
        {"a.b.xn--55qx5d.cn", "b.xn--55qx5d.cn"},
        // A company's suffix, below which strangers live.
        {"www.someone.github.io", "someone.github.io"},
        // Exceptions and wildcards of the list.
        {"a.www.ck", "www.ck"},
        {"a.b.c.ck", "b.c.ck"},
        {"1.2.3.example", "3.example"},
    };
    for (const auto& row : table) {
      const auto domain = registered_domain(row.name);
      CPPUNIT_ASSERT_MESSAGE(row.name, domain.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string(row.domain), *domain);
    }
  }

  void what_nobody_registered_has_no_domain() {
    for (const std::string& name :
         {std::string("com"), std::string("co.uk"), std::string("co.uk."), std::string("github.io"),
          std::string("xn--55qx5d.cn"), std::string("localhost"), std::string("test"), std::string(""),
          std::string("."), std::string(".example.com"), std::string("a..example.com"),
          std::string("example.com.."), std::string("192.0.2.1"), std::string("[192.0.2.1]"),
          std::string("[ipv6:2001:db8::1]"), std::string("2001:db8::1"), std::string("a b.example.com"),
          std::string("b\xc3\xbc"
                      "cher.example"),
          std::string("Example.COM"), std::string("a\0.example.com", 14), std::string("unknown"),
          std::string(64, 'a') + ".example", std::string(100000, 'a'),
          // 254 octets
          std::string(60, 'a') + "." + std::string(60, 'b') + "." + std::string(60, 'c') + "." +
              std::string(63, 'd') + ".example"})
      CPPUNIT_ASSERT_MESSAGE(name, !registered_domain(name));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RegisteredDomainTest);
