// SPDX-License-Identifier: BSD-2-Clause
#include "spf/record.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

class RecordTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordTest);
  CPPUNIT_TEST(a_record_begins_with_its_version_and_nothing_else);
  CPPUNIT_TEST(a_good_record_is_read);
  CPPUNIT_TEST(case_does_not_matter_but_is_kept);
  CPPUNIT_TEST(terms_that_obey_the_grammar_are_accepted);
  CPPUNIT_TEST(terms_that_break_the_grammar_are_refused);
  CPPUNIT_TEST(prefixes_are_split_from_names_that_hold_slashes);
  CPPUNIT_TEST(modifiers_stand_once);
  CPPUNIT_TEST(unknown_modifiers_are_ignored_if_their_syntax_is_right);
  CPPUNIT_TEST(octets_that_are_not_printable_ascii_are_refused_anywhere);
  CPPUNIT_TEST(problems_quote_the_term_briefly_in_ascii);
  CPPUNIT_TEST(a_record_of_64_kilobytes_is_read_whole);
  CPPUNIT_TEST(networks_compare_their_prefix_only);
  CPPUNIT_TEST_SUITE_END();

  static bool accepts(const std::string& term) { return parse_record("v=spf1 " + term).record.has_value(); }

  void a_record_begins_with_its_version_and_nothing_else() {
    for (const char* text : {"v=spf1", "v=spf1 ", "V=SPF1 -all", "v=SpF1  mx"})
      CPPUNIT_ASSERT_MESSAGE(text, is_spf_record(text));
    for (const char* text : {"", "v=spf", "v=spf10", "v=spf1-all", "v=spf1\t-all", " v=spf1 -all",
                             "v=spf2.0/pra -all", "spf1", "\"v=spf1\""})
      CPPUNIT_ASSERT_MESSAGE(text, !is_spf_record(text));
    CPPUNIT_ASSERT(!is_spf_record(std::string_view("v=spf1\0", 7)));
    CPPUNIT_ASSERT(!parse_record("v=sp").record);
    CPPUNIT_ASSERT(!parse_record("").record);
  }

  void a_good_record_is_read() {
    const auto parsed =
        parse_record("v=spf1  -ip4:192.0.2.0/24 ?a:a.example.com/28//64 exp=x.example.com ~all ");
    CPPUNIT_ASSERT_EQUAL(std::string(), parsed.problem);
    const auto& directives = parsed.record->directives;
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), directives.size());
    CPPUNIT_ASSERT_EQUAL(std::string("-ip4:192.0.2.0/24"), directives[0].text);
    CPPUNIT_ASSERT(directives[0].result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(24U, directives[0].network.prefix);
    CPPUNIT_ASSERT(directives[1].result == SpfResult::Neutral);
    CPPUNIT_ASSERT_EQUAL(std::string("a.example.com"), directives[1].target->text());
    CPPUNIT_ASSERT_EQUAL(28U, directives[1].prefix4);
    CPPUNIT_ASSERT_EQUAL(64U, directives[1].prefix6);
    CPPUNIT_ASSERT(directives[2].result == SpfResult::Softfail);
    CPPUNIT_ASSERT(directives[2].mechanism == Directive::Mechanism::All);
    CPPUNIT_ASSERT_EQUAL(std::string("x.example.com"), parsed.record->exp->text());
    CPPUNIT_ASSERT(!parsed.record->redirect);
  }

  void case_does_not_matter_but_is_kept() {
    const auto parsed =
        parse_record("V=spf1 IP4:192.0.2.1 Include:A.Example.com REDIRECT=b.example.com -ALL");
    CPPUNIT_ASSERT_EQUAL(std::string(), parsed.problem);
    CPPUNIT_ASSERT_EQUAL(std::string("Include:A.Example.com"), parsed.record->directives[1].text);
    CPPUNIT_ASSERT(parsed.record->directives[2].mechanism == Directive::Mechanism::All);
    CPPUNIT_ASSERT(parsed.record->redirect);
  }

  void terms_that_obey_the_grammar_are_accepted() {
    for (const char* term : {"all",
                             "+all",
                             "-all",
                             "~all",
                             "?all",
                             "a",
                             "a/0",
                             "a/32",
                             "a//0",
                             "a//128",
                             "a/24//64",
                             "a:x.com/24//64",
                             "a:%{d}/24",
                             "a:%{d}//64",
                             "mx",
                             "mx/24",
                             "mx:x.com",
                             "ptr",
                             "ptr:x.com",
                             "ip4:192.0.2.1",
                             "ip4:0.0.0.0/0",
                             "ip4:255.255.255.255/32",
                             "ip6:::",
                             "ip6:::1/128",
                             "ip6:2001:DB8::/0",
                             "ip6:::ffff:192.0.2.1",
                             "ip6:2001:db8::192.0.2.1/96",
                             "include:x.com",
                             "include:%{d2}.x.com.",
                             "exists:%{ir}.x.com",
                             "exists:%{l1r+-}._at.%{o2}.x.com",
                             "redirect=x.com",
                             "exp=x.com",
                             "x=",
                             "all=",
                             "a=1",
                             "x-1_2.3=%{s}%{c}"})
      CPPUNIT_ASSERT_MESSAGE(term, accepts(term));
  }

  void terms_that_break_the_grammar_are_refused() {
    for (const char* term : {"al",
                             "all:",
                             "all:x.com",
                             "all/8",
                             "all.",
                             "++all",
                             "-",
                             "+",
                             "=",
                             ":",
                             "/24",
                             "-=x",
                             "include",
                             "include:",
                             "include:x",
                             "include:x.com/24",
                             "a:",
                             "a/",
                             "a//",
                             "a/33",
                             "a//129",
                             "a/-1",
                             "a/024",
                             "a//00",
                             "a/24/64",
                             "a///64",
                             "a/24//",
                             "a:x.com/",
                             "a:x.com//",
                             "a:x.com/33",
                             "a:x.com/24/24",
                             "a:x.com:25",
                             "a/1234",
                             "a:1.2.3.4",
                             "a:localhost",
                             "mx:",
                             "mx/99",
                             "mx//1000",
                             "ptr:",
                             "ptr/24",
                             "ptr:x.com/24",
                             "ip4",
                             "ip4:",
                             "ip4:1.2.3",
                             "ip4:1.2.3.4.5",
                             "ip4:1.2.3.256",
                             "ip4:01.2.3.4",
                             "ip4:1.2.3.4/",
                             "ip4:1.2.3.4/33",
                             "ip4:1.2.3.4/032",
                             "ip4:1.2.3.4//32",
                             "ip4:1.2.3.4/24/24",
                             "ip4:1.2.3.4:25",
                             "ip4:::1",
                             "ip4:x.com",
                             "ip4/24",
                             "ip4:IPv6:1.2.3.4",
                             "ip6",
                             "ip6:",
                             "ip6:1.2.3.4",
                             "ip6:::/129",
                             "ip6:::1//64",
                             "ip6:::1%eth0",
                             "ip6:IPv6:::1",
                             "ip6::CAFE::BABE",
                             "ip6:12345::",
                             "exists",
                             "exists:",
                             "exists:x.com/24",
                             "exists:x",
                             "redirect:x.com",
                             "redirect=",
                             "redirect=x",
                             "exp=",
                             "exp:x.com",
                             "exp=%{c}.x.com",
                             "-redirect=x.com",
                             "-exp=x.com",
                             "?x=y",
                             "1x=y",
                             "_x=y",
                             "x:y=z",
                             "x/y=z",
                             "x=%",
                             "x=%{z}",
                             "unknown",
                             "unknown:x.com",
                             "ip5:1.2.3.4",
                             "a:x.com=",
                             "ip4=%"})
      CPPUNIT_ASSERT_MESSAGE(term, !accepts(term));
  }

  void prefixes_are_split_from_names_that_hold_slashes() {
    const struct {
      const char* term;
      const char* target;
      unsigned prefix4;
      unsigned prefix6;
    } table[] = {
        {"a:foo:bar/baz.example.com", "foo:bar/baz.example.com", 32, 128},
        {"a:x/24.com", "x/24.com", 32, 128},
        {"a:x/24.com/25", "x/24.com", 25, 128},
        {"a:x//24.com//65", "x//24.com", 32, 65},
        {"mx:%{d}/0//0", "%{d}", 0, 0},
    };
    for (const auto& row : table) {
      const auto parsed = parse_record(std::string("v=spf1 ") + row.term);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.term, std::string(), parsed.problem);
      const Directive& directive = parsed.record->directives.at(0);
      CPPUNIT_ASSERT_EQUAL(std::string(row.target), directive.target->text());
      CPPUNIT_ASSERT_EQUAL(row.prefix4, directive.prefix4);
      CPPUNIT_ASSERT_EQUAL(row.prefix6, directive.prefix6);
    }
  }

  void modifiers_stand_once() {
    CPPUNIT_ASSERT(accepts("redirect=x.com exp=y.com"));
    CPPUNIT_ASSERT(!accepts("redirect=x.com redirect=x.com"));
    CPPUNIT_ASSERT(!accepts("exp=x.com a EXP=y.com"));
    CPPUNIT_ASSERT(accepts("foo=x.com foo=y.com"));
  }

  void unknown_modifiers_are_ignored_if_their_syntax_is_right() {
    const auto parsed = parse_record("v=spf1 moo.cow-far_out=man:dog/cat,%{t} default=pass -all");
    CPPUNIT_ASSERT_EQUAL(std::string(), parsed.problem);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), parsed.record->directives.size());
    CPPUNIT_ASSERT(!accepts("foo=%abc"));
  }

  void octets_that_are_not_printable_ascii_are_refused_anywhere() {
    for (int octet = 0; octet < 256; ++octet) {
      const bool fine = octet >= 0x20 && octet < 0x7f;
      const std::string text = std::string("v=spf1 -all x=") + static_cast<char>(octet);
      const bool percent = octet == '%';
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, fine && !percent, parse_record(text).record.has_value());
    }
    // A C string would end here.
    CPPUNIT_ASSERT(!accepts(std::string("ip4:192.0.2.1\0moo", 17)));
  }

  void problems_quote_the_term_briefly_in_ascii() {
    CPPUNIT_ASSERT_EQUAL(std::string("unknown mechanism in \"-moo:x\""),
                         parse_record("v=spf1 -moo:x").problem);
    CPPUNIT_ASSERT_EQUAL(std::string("syntax error in \"ip4:1.2.3\""),
                         parse_record("v=spf1 a ip4:1.2.3").problem);
    CPPUNIT_ASSERT(parse_record("v=spf1 " + std::string(60000, 'x')).problem.size() < 200);
  }

  void a_record_of_64_kilobytes_is_read_whole() {
    std::string text = "v=spf1";
    while (text.size() < 65000) text += " ip4:192.0.2.1/32";
    const auto good = parse_record(text + " -all");
    CPPUNIT_ASSERT(good.record->directives.back().mechanism == Directive::Mechanism::All);
    CPPUNIT_ASSERT(good.record->directives.size() > 3800);
    CPPUNIT_ASSERT(!parse_record(text + " -alle").record);
  }

  void networks_compare_their_prefix_only() {
    const struct {
      const char* term;
      const char* address;
      bool inside;
    } table[] = {
        {"ip4:192.0.2.77/24", "192.0.2.1", true},
        {"ip4:192.0.2.0/25", "192.0.2.128", false},
        {"ip4:192.0.2.0/25", "192.0.2.127", true},
        {"ip4:192.0.2.0/31", "192.0.2.1", true},
        {"ip4:192.0.2.0", "192.0.2.1", false},
        {"ip4:0.0.0.0/0", "255.255.255.255", true},
        {"ip4:0.0.0.0/0", "::1", false},
        {"ip6:::/0", "2001:db8::1", true},
        {"ip6:::/0", "192.0.2.1", false},
        {"ip6:2001:db8::/33", "2001:db8:8000::", false},
        {"ip6:2001:db8::/33", "2001:db8:7fff::", true},
        {"ip6:2001:db8::1", "2001:db8::1", true},
        {"ip6:2001:db8::1", "2001:db8::2", false},
        {"ip6:::ffff:192.0.2.1", "192.0.2.1", false},
        {"ip6:::ffff:192.0.2.1", "::ffff:192.0.2.1", false},
        {"ip4:192.0.2.1", "::ffff:192.0.2.1", true},
        {"ip6:::ffff:192.0.2.1/80", "::1", true},
    };
    for (const auto& row : table) {
      const auto parsed = parse_record(std::string("v=spf1 ") + row.term);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          std::string(row.term) + " " + row.address, row.inside,
          parsed.record->directives.at(0).network.contains(*IpAddress::parse(row.address)));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordTest);
