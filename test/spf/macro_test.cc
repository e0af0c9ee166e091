// SPDX-License-Identifier: BSD-2-Clause
#include "spf/macro.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

using Use = MacroString::Use;

const Identity kIdentity{"strong-bad", "email.example.com", "helo.example.net"};

struct Values {
  Identity identity = kIdentity;
  IpAddress client = *IpAddress::parse("192.0.2.3");

  MacroValues get() const {
    return {identity,           client,           "d.example.com",
            "host.example.com", "mx.example.org", from_millis(1'700'000'000'999)};
  }
  std::string text(std::string_view macro) const {
    const auto parsed = MacroString::parse(macro, Use::Explanation);
    return parsed ? parsed->expand_text(get(), 1000) : "(syntax error)";
  }
  std::string name(std::string_view macro) const {
    const auto parsed = MacroString::parse(macro, Use::DomainSpec);
    return parsed ? parsed->expand_name(get()) : "(syntax error)";
  }
};

}  // namespace

class MacroTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MacroTest);
  CPPUNIT_TEST(the_examples_of_rfc_7208_section_7_4_come_out_as_written_there);
  CPPUNIT_TEST(every_letter_stands_for_its_value);
  CPPUNIT_TEST(ipv6_clients_are_32_nibbles_with_dots);
  CPPUNIT_TEST(every_delimiter_splits_and_dots_join);
  CPPUNIT_TEST(digits_keep_the_right_hand_parts_after_reversal);
  CPPUNIT_TEST(a_capital_letter_escapes_all_but_unreserved_characters);
  CPPUNIT_TEST(escapes_stand_for_percent_and_blanks);
  CPPUNIT_TEST(what_breaks_the_grammar_is_refused);
  CPPUNIT_TEST(letters_of_explanations_are_refused_in_names_only);
  CPPUNIT_TEST(a_domain_spec_ends_in_a_top_label_or_a_macro);
  CPPUNIT_TEST(blanks_belong_to_explanations_only);
  CPPUNIT_TEST(long_names_lose_labels_on_the_left);
  CPPUNIT_TEST(a_dot_at_the_end_is_dropped_from_names);
  CPPUNIT_TEST(texts_stop_at_their_limit);
  CPPUNIT_TEST(thousands_of_macros_expand_in_bounded_space);
  CPPUNIT_TEST(an_unknown_receiver_is_called_unknown);
  CPPUNIT_TEST(uses_tells_which_letters_occur);
  CPPUNIT_TEST_SUITE_END();

  void the_examples_of_rfc_7208_section_7_4_come_out_as_written_there() {
    const struct {
      const char* macro;
      const char* expansion;
    } table[] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{o}", "email.example.com"},
        {"%{d}", "email.example.com"},
        {"%{d4}", "email.example.com"},
        {"%{d3}", "email.example.com"},
        {"%{d2}", "example.com"},
        {"%{d1}", "com"},
        {"%{dr}", "com.example.email"},
        {"%{d2r}", "example.email"},
        {"%{l}", "strong-bad"},
        {"%{l-}", "strong.bad"},
        {"%{lr}", "strong-bad"},
        {"%{lr-}", "bad.strong"},
        {"%{l1r-}", "strong"},
        {"%{ir}.%{v}._spf.%{d2}", "3.2.0.192.in-addr._spf.example.com"},
        {"%{lr-}.lp._spf.%{d2}", "bad.strong.lp._spf.example.com"},
        {"%{lr-}.lp.%{ir}.%{v}._spf.%{d2}", "bad.strong.lp.3.2.0.192.in-addr._spf.example.com"},
        {"%{ir}.%{v}.%{l1r-}.lp._spf.%{d2}", "3.2.0.192.in-addr.strong.lp._spf.example.com"},
        {"%{d2}.trusted-domains.example.net", "example.com.trusted-domains.example.net"},
    };
    Values values;
    for (const auto& row : table) {
      MacroValues given = values.get();
      given.domain = "email.example.com";
      const auto parsed = MacroString::parse(row.macro, Use::DomainSpec);
      CPPUNIT_ASSERT_MESSAGE(row.macro, parsed);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.macro, std::string(row.expansion), parsed->expand_name(given));
    }
  }

  void every_letter_stands_for_its_value() {
    const struct {
      const char* macro;
      const char* expansion;
    } table[] = {
        {"%{s}", "strong-bad@email.example.com"},
        {"%{l}", "strong-bad"},
        {"%{o}", "email.example.com"},
        {"%{d}", "d.example.com"},
        {"%{i}", "192.0.2.3"},
        {"%{p}", "host.example.com"},
        {"%{v}", "in-addr"},
        {"%{h}", "helo.example.net"},
        {"%{c}", "192.0.2.3"},
        {"%{r}", "mx.example.org"},
        {"%{t}", "1700000000"},
        {"%{S}", "strong-bad%40email.example.com"},
        {"%{I}", "192.0.2.3"},
        {"%{T}", "1700000000"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.expansion), Values().text(row.macro));
  }

  void ipv6_clients_are_32_nibbles_with_dots() {
    Values values;
    values.client = *IpAddress::parse("2001:db8::cb01");
    CPPUNIT_ASSERT_EQUAL(
        std::string("1.0.B.C.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.B.D.0.1.0.0.2.ip6._spf.example.com"),
        values.name("%{ir}.%{v}._spf.%{d2}"));
    CPPUNIT_ASSERT_EQUAL(std::string("2001:db8::cb01"), values.text("%{c}"));
    CPPUNIT_ASSERT_EQUAL(std::string("1.0.0.2"), values.text("%{i4r}"));
    CPPUNIT_ASSERT_EQUAL(std::string("C.B.0.1"), values.text("%{i4}"));
  }

  void every_delimiter_splits_and_dots_join() {
    Values values;
    values.identity.local = "a.b-c+d,e/f_g=h";
    const struct {
      const char* macro;
      const char* expansion;
    } table[] = {
        {"%{l}", "a.b-c+d,e/f_g=h"},
        {"%{l.}", "a.b-c+d,e/f_g=h"},
        {"%{l-}", "a.b.c+d,e/f_g=h"},
        {"%{l+}", "a.b-c.d,e/f_g=h"},
        {"%{l,}", "a.b-c+d.e/f_g=h"},
        {"%{l/}", "a.b-c+d,e.f_g=h"},
        {"%{l_}", "a.b-c+d,e/f.g=h"},
        {"%{l=}", "a.b-c+d,e/f_g.h"},
        {"%{l.-+,/_=}", "a.b.c.d.e.f.g.h"},
        {"%{lr=+}", "h.d,e/f_g.a.b-c"},
        {"%{l1r.-}", "a"},
        {"%{l--}", "a.b.c+d,e/f_g=h"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.macro, std::string(row.expansion), values.text(row.macro));
  }

  void digits_keep_the_right_hand_parts_after_reversal() {
    Values values;
    values.identity.local = "a..b.";
    const struct {
      const char* macro;
      const char* expansion;
    } table[] = {
        {"%{l1}", ""},        {"%{l2}", "b."},
        {"%{l3}", ".b."},     {"%{l4}", "a..b."},
        {"%{l4r}", ".b..a"},  {"%{l99}", "a..b."},
        {"%{l128}", "a..b."}, {"%{l007}", "a..b."},
        {"%{l2r}", ".a"},     {"%{l99999999999999999999}", "a..b."},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(row.macro, std::string(row.expansion), values.text(row.macro));
  }

  void a_capital_letter_escapes_all_but_unreserved_characters() {
    Values values;
    values.identity.local = "aZ09-._~!#$%&'*+/=?^`{|}\"@ \x01\xc3\xbc";
    CPPUNIT_ASSERT_EQUAL(
        std::string("aZ09-._~%21%23%24%25%26%27%2A%2B%2F%3D%3F%5E%60%7B%7C%7D%22%40%20%01%C3%BC"),
        values.text("%{L}"));
    // Escaping applies to the transformed value, whose delimiters are already gone.
    values.identity.local = "a+b=c";
    CPPUNIT_ASSERT_EQUAL(std::string("a.b%3Dc"), values.text("%{L+}"));
  }

  void escapes_stand_for_percent_and_blanks() {
    CPPUNIT_ASSERT_EQUAL(std::string("100% of  it%20all"), Values().text("100%% of%_ it%-all"));
    CPPUNIT_ASSERT_EQUAL(std::string("a% b%20.example.com"), Values().name("a%%%_b%-.example.com"));
  }

  void what_breaks_the_grammar_is_refused() {
    for (const char* text :
         {"%",       "%a",      "%(d)",     "%{",     "%{d",   "%{}",   "%{1}",   "%{x}",   "%{a}",
          "%{d0}",   "%{d00r}", "%{dr2}",   "%{drr}", "%{d:}", "%{d }", "%{d-r}", "%{d-1}", "%{dd}",
          "%{%{d}}", "%{d}%",   "\xc3\xbc", "\x01",   "a\tb",  "a\rb",  "\x7f"})
      CPPUNIT_ASSERT_MESSAGE(text, !MacroString::parse(text, Use::Explanation));
    CPPUNIT_ASSERT(!MacroString::parse(std::string_view("a\0b", 3), Use::Explanation));
    CPPUNIT_ASSERT(MacroString::parse("", Use::Explanation));
    CPPUNIT_ASSERT(MacroString::parse("", Use::Modifier));
  }

  void letters_of_explanations_are_refused_in_names_only() {
    for (const char* text : {"%{c}.example.com", "%{r}", "%{t}", "%{C}", "%{R}", "%{T}"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !MacroString::parse(text, Use::DomainSpec));
      CPPUNIT_ASSERT_MESSAGE(text, MacroString::parse(text, Use::Explanation));
      CPPUNIT_ASSERT_MESSAGE(text, MacroString::parse(text, Use::Modifier));
    }
  }

  void a_domain_spec_ends_in_a_top_label_or_a_macro() {
    for (const char* text : {"example.com", "example.com.", "a.b-c", "a.1-2", "a.x1", "a.1x", "%{d}", "x%{d}",
                             "a.%{d}", "%{d}.com", "%{d}.com.", "%%", "a%_", "a%-", "_spf.example.com",
                             "!$:/.com", "a..com", ".com", "a.xn--p1ai"})
      CPPUNIT_ASSERT_MESSAGE(text, MacroString::parse(text, Use::DomainSpec));
    for (const char* text : {"",       "com",     "com.", "a.",     "a..",      ".",      "a.1",
                             "a.123.", "a.-b",    "a.b-", "a.b_c",  "a.b:80",   "a.b/24", "%{d}com",
                             "%{d}.",  "%{d}/24", "a.b%", "a .com", "a.c\x7fm", "a.c%{x}"})
      CPPUNIT_ASSERT_MESSAGE(text, !MacroString::parse(text, Use::DomainSpec));
  }

  void blanks_belong_to_explanations_only() {
    CPPUNIT_ASSERT(MacroString::parse("a b", Use::Explanation));
    CPPUNIT_ASSERT(!MacroString::parse("a b", Use::Modifier));
    CPPUNIT_ASSERT(!MacroString::parse("a b.com", Use::DomainSpec));
  }

  void long_names_lose_labels_on_the_left() {
    Values values;
    const std::string label(49, 'x');  // 50 with its dot
    values.identity.helo = label + "." + label + "." + label + "." + label + "." + label;
    const std::string five = values.name("%{h}.ab");
    CPPUNIT_ASSERT_EQUAL(std::size_t(252), five.size());
    const std::string exact = values.name("a.%{h}.ab");
    CPPUNIT_ASSERT_EQUAL(five, exact);
    CPPUNIT_ASSERT_EQUAL(std::size_t(204), values.name("%{h}.abcd").size());
    values.identity.helo = std::string(300, 'x');
    CPPUNIT_ASSERT_EQUAL(std::string("com"), values.name("%{h}.com"));
    CPPUNIT_ASSERT_EQUAL(std::string(), values.name("%{h}"));
  }

  void a_dot_at_the_end_is_dropped_from_names() {
    CPPUNIT_ASSERT_EQUAL(std::string("a.example.com"), Values().name("a.example.com."));
    Values values;
    values.identity.local = "a.";
    CPPUNIT_ASSERT_EQUAL(std::string("b.a"), values.name("b.%{l}"));
  }

  void texts_stop_at_their_limit() {
    const auto parsed = MacroString::parse("%{s} and %{s}", Use::Explanation);
    CPPUNIT_ASSERT_EQUAL(std::string("strong-bad"), parsed->expand_text(Values().get(), 10));
    CPPUNIT_ASSERT_EQUAL(std::string(), parsed->expand_text(Values().get(), 0));
  }

  void thousands_of_macros_expand_in_bounded_space() {
    std::string many;
    for (int i = 0; i < 16000; ++i) many += "%{s}";
    CPPUNIT_ASSERT(Values().name(many).size() <= 253);
    CPPUNIT_ASSERT_EQUAL(std::size_t(500),
                         MacroString::parse(many, Use::Explanation)->expand_text(Values().get(), 500).size());
  }

  void an_unknown_receiver_is_called_unknown() {
    auto given = Values().get();
    const Identity identity = kIdentity;
    const IpAddress client = *IpAddress::parse("192.0.2.3");
    const MacroValues values{identity, client, given.domain, given.name, "", given.now};
    CPPUNIT_ASSERT_EQUAL(std::string("unknown"),
                         MacroString::parse("%{r}", Use::Explanation)->expand_text(values, 100));
  }

  void uses_tells_which_letters_occur() {
    const auto parsed = MacroString::parse("%{L}.%%{p}.%{i}.p.example.com", Use::DomainSpec);
    CPPUNIT_ASSERT(parsed->uses("l"));
    CPPUNIT_ASSERT(parsed->uses("sl"));
    CPPUNIT_ASSERT(parsed->uses("i"));
    CPPUNIT_ASSERT(!parsed->uses("p"));
    CPPUNIT_ASSERT(!parsed->uses("sod"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MacroTest);
