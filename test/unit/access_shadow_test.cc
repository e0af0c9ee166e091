// SPDX-License-Identifier: BSD-2-Clause
#include "access/shadow.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

// "2<1": the second rule is shadowed by the first.
std::string shadows(std::initializer_list<const char*> texts) {
  std::vector<AccessRule> rules;
  for (const char* text : texts) rules.push_back(parse_access_rule(text));
  std::string out;
  for (const auto& each : shadowed_rules(rules))
    out += (out.empty() ? "" : " ") + std::to_string(each.rule + 1) + "<" + std::to_string(each.by + 1);
  return out;
}

}  // namespace

class AccessShadowTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessShadowTest);
  CPPUNIT_TEST(a_wider_rule_before_it_hides_a_rule);
  CPPUNIT_TEST(rules_that_may_match_are_not_named);
  CPPUNIT_TEST(an_empty_list_is_never_met);
  CPPUNIT_TEST(many_rules_take_little_time);
  CPPUNIT_TEST_SUITE_END();

  void a_wider_rule_before_it_hides_a_rule() {
    for (const auto& [wide, narrow] : std::initializer_list<std::pair<const char*, const char*>>{
             {"defer", "reject client=192.0.2.1"},
             {"defer client=192.0.2.0/24", "reject client=192.0.2.1"},
             {"defer client=192.0.2.0/24", "reject client=192.0.2.64/26 sender=a@example.com"},
             {"defer client=10.0.0.0/8,192.0.2.0/24", "reject client=192.0.2.1,10.1.0.0/16"},
             {"defer client=2001:db8::/32", "reject client=2001:db8:1::/48"},
             {"defer client-name=.example.com", "reject client-name=mx.example.com"},
             {"defer client-name=.example.com", "reject client-name=.a.example.com helo=x"},
             {"defer sender=example.com", "reject sender=a@example.com"},
             {"defer sender=.com", "reject sender=example.com,.b.example.com"},
             {"defer recipient=postmaster@", "reject recipient=postmaster@example.com"},
             {"defer recipient=a@example.com", "reject recipient=a+b@example.com"},
             {"defer sender=<>", "reject sender=<> helo=x"},
             {"defer sender=/x/", "reject helo=y sender=/x/"},
             {"defer spf=fail,softfail", "reject spf=fail"},
             {"defer client=!192.0.2.0/25", "reject client=!192.0.2.0/24"},
             {"defer time=08:00-09:00", "reject time=08:00-09:00 login=a"},
             {"defer direction=inbound", "reject direction=inbound"}}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(wide) + " | " + narrow, std::string("2<1"),
                                   shadows({wide, narrow}));
    }
    CPPUNIT_ASSERT_EQUAL(
        std::string("3<2 4<1"),
        shadows({"defer helo=x", "defer helo=y", "reject helo=y sender=a@b.example", "skip=spf helo=x"}));
  }

  void rules_that_may_match_are_not_named() {
    for (const auto& [wide, narrow] : std::initializer_list<std::pair<const char*, const char*>>{
             {"defer client=192.0.2.1", "reject client=192.0.2.0/24"},
             {"defer client=192.0.2.0/24", "reject client=192.0.2.1,192.0.3.1"},
             {"defer client=192.0.2.0/24 helo=x", "reject client=192.0.2.1"},
             {"defer client=0.0.0.0/0", "reject client=::/0"},
             {"defer client-name=.example.com", "reject client-name=example.com"},
             {"defer client-name=.example.com", "reject helo=mx.example.com"},
             {"defer sender=example.com", "reject sender=a@sub.example.com"},
             {"defer recipient=a+b@example.com", "reject recipient=a@example.com"},
             {"defer sender=a@example.com", "reject recipient=a@example.com"},
             {"defer client=!192.0.2.0/24", "reject client=192.0.2.1"},
             {"defer client=!192.0.2.0/24", "reject client=!192.0.2.0/25"},
             {"defer client=!192.0.2.0/24", "reject helo=x"},
             {"defer spf=fail", "reject"}}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(wide) + " | " + narrow, std::string(),
                                   shadows({wide, narrow}));
    }
    std::vector<AccessRule> rules{parse_access_rule("defer"), parse_access_rule("reject")};
    rules[0].until = from_millis(1);
    CPPUNIT_ASSERT(shadowed_rules(rules).empty());
  }

  void an_empty_list_is_never_met() {
    AccessRule rule = parse_access_rule("defer sender=a@example.com");
    CPPUNIT_ASSERT(!needs_empty_list(rule));
    rule.conditions[0].list = std::make_shared<AccessList>();
    CPPUNIT_ASSERT(needs_empty_list(rule));
    rule.conditions[0].negated = true;
    CPPUNIT_ASSERT(!needs_empty_list(rule));
  }

  // Without the bound this would be 400 million comparisons.
  void many_rules_take_little_time() {
    std::vector<AccessRule> rules;
    for (int i = 0; i < 20'000; ++i)
      rules.push_back(parse_access_rule("defer recipient=bob@example.com sender=user" + std::to_string(i) +
                                        "@example.org"));
    CPPUNIT_ASSERT(shadowed_rules(rules).empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessShadowTest);
