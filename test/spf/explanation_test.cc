// SPDX-License-Identifier: BSD-2-Clause
// exp= (RFC 7208 section 6.2) and the best-guess record.
#include <cppunit/extensions/HelperMacros.h>

#include "spf/check_host.h"
#include "test/spf/world.h"

using namespace mailreeve;

class ExplanationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExplanationTest);
  CPPUNIT_TEST(a_fail_is_explained_in_the_domain_s_own_words);
  CPPUNIT_TEST(nothing_but_a_final_fail_is_explained);
  CPPUNIT_TEST(the_record_that_decided_explains);
  CPPUNIT_TEST(what_cannot_be_used_is_no_explanation_and_no_error);
  CPPUNIT_TEST(lookups_for_an_explanation_do_not_count);
  CPPUNIT_TEST(explanations_are_short_and_printable);
  CPPUNIT_TEST(a_target_with_a_non_ascii_local_part_is_not_asked_for);
  CPPUNIT_TEST(a_guess_stands_in_for_a_missing_record);
  CPPUNIT_TEST(a_guess_that_does_not_match_changes_nothing);
  CPPUNIT_TEST(a_guess_is_not_made_where_there_is_a_record_or_no_domain);
  CPPUNIT_TEST(a_guess_that_is_no_record_changes_nothing);
  CPPUNIT_TEST_SUITE_END();

  static World failing(std::string_view text) {
    World world;
    world.zone.txt("example.com", "v=spf1 exp=e.example.com -all").txt("e.example.com", text);
    return world;
  }

  void a_fail_is_explained_in_the_domain_s_own_words() {
    const struct {
      const char* text;
      const char* explanation;
    } table[] = {
        {"Do not.", "Do not."},
        {"", ""},
        {"See http://%{d}/why.html?s=%{S}&i=%{I}",
         "See http://example.com/why.html?s=user%40example.com&i=192.0.2.1"},
        {"%{c} is not one of %{d}'s (%{r}, %{t}) 100%%",
         "192.0.2.1 is not one of example.com's (mx.example.org, 1700000000) 100%"},
        {"v=spf1 in an explanation is text", "v=spf1 in an explanation is text"},
        {"%{p}", "unknown"},
    };
    for (const auto& row : table)
      CPPUNIT_ASSERT_EQUAL(std::string(row.explanation), failing(row.text).check().explanation);
  }

  void nothing_but_a_final_fail_is_explained() {
    for (const char* record :
         {"v=spf1 exp=e.example.com +all", "v=spf1 exp=e.example.com ~all", "v=spf1 exp=e.example.com ?all",
          "v=spf1 exp=e.example.com", "v=spf1 exp=e.example.com -all moo"}) {
      World world;
      world.zone.txt("example.com", record).txt("e.example.com", "No.");
      CPPUNIT_ASSERT_EQUAL(std::string(), world.check().explanation);
      CPPUNIT_ASSERT(!world.zone.was_asked("e.example.com", RecordType::TXT));
    }
    // A fail inside an include is no match and needs no explanation.
    World world;
    world.zone.txt("example.com", "v=spf1 include:in.example.com -all")
        .txt("in.example.com", "v=spf1 exp=e.example.com -all");
    world.zone.txt("e.example.com", "No.");
    CPPUNIT_ASSERT_EQUAL(std::string(), world.check().explanation);
    CPPUNIT_ASSERT(!world.zone.was_asked("e.example.com", RecordType::TXT));
  }

  void the_record_that_decided_explains() {
    World world;
    world.zone.txt("example.com", "v=spf1 -ip4:192.0.2.9 exp=e1.example.com redirect=re.example.net");
    world.zone.txt("re.example.net", "v=spf1 -all exp=e2.%{d}")
        .txt("e1.example.com", "one %{d}")
        .txt("e2.re.example.net", "two %{d} %{o}");
    CPPUNIT_ASSERT_EQUAL(std::string("two re.example.net example.com"), world.check().explanation);
    world.client = "192.0.2.9";
    CPPUNIT_ASSERT_EQUAL(std::string("one example.com"), world.check().explanation);
    world.zone.txt("b.example.com", "v=spf1 exp=e1.example.com redirect=c.example.com")
        .txt("c.example.com", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string(), world.check("u@b.example.com").explanation);
  }

  void what_cannot_be_used_is_no_explanation_and_no_error() {
    const std::string_view texts[] = {
        "%{x}", "100%", "caf\xc3\xa9", "a\rb", "a\nb", "a\tb", std::string_view("a\0b", 3), "\x7f"};
    for (const auto text : texts) {
      World world = failing(text);
      const auto outcome = world.check();
      CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
      CPPUNIT_ASSERT_EQUAL(std::string(), outcome.explanation);
      CPPUNIT_ASSERT_EQUAL(std::string("-all"), outcome.mechanism);
    }
    World two = failing("one");
    two.zone.txt("e.example.com", "two");
    CPPUNIT_ASSERT_EQUAL(std::string(), two.check().explanation);
    World gone;
    gone.zone.txt("example.com", "v=spf1 exp=e.example.com -all");
    CPPUNIT_ASSERT(gone.check().result == SpfResult::Fail);
    gone.zone.fails("e.example.com", RecordType::TXT);
    CPPUNIT_ASSERT(gone.check().result == SpfResult::Fail);
    World refused;
    refused.zone.refuses_bad_names = true;
    refused.zone.txt("example.com", "v=spf1 exp=a..example.com -all");
    CPPUNIT_ASSERT(refused.check().result == SpfResult::Fail);
  }

  void lookups_for_an_explanation_do_not_count() {
    World world;
    world.zone.txt("example.com", "v=spf1 a:no1.example.com a:no2.example.com exp=%{p}.e.example.com -all");
    world.zone.txt("unknown.e.example.com", "hello %{p}");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(std::string("hello unknown"), outcome.explanation);
    CPPUNIT_ASSERT_EQUAL(2U, outcome.lookups);
    CPPUNIT_ASSERT_EQUAL(2U, outcome.void_lookups);
  }

  void explanations_are_short_and_printable() {
    World world = failing(std::string(5000, 'x'));
    CPPUNIT_ASSERT_EQUAL(std::size_t(512), world.check().explanation.size());
    World sender = failing("Not %{l}, not %{L}");
    CPPUNIT_ASSERT_EQUAL(std::string("Not j??rg?, not j%C3%BCrg%01"),
                         sender.check("j\xc3\xbcrg\x01@example.com").explanation);
  }

  void a_target_with_a_non_ascii_local_part_is_not_asked_for() {
    World world;
    world.zone.txt("example.com", "v=spf1 exp=%{l}.example.com -all");
    const auto outcome = world.check("\xc3\xbc@example.com");
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), world.zone.questions());
  }

  static World guessing() {
    World world;
    world.rules.best_guess = "v=spf1 a/24 mx/24 ptr";
    world.zone.txt("example.com", "hello").a("example.com", "192.0.2.99");
    return world;
  }

  void a_guess_stands_in_for_a_missing_record() {
    World world = guessing();
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT(outcome.best_guess);
    CPPUNIT_ASSERT_EQUAL(std::string("a/24"), outcome.mechanism);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome.problem);
    CPPUNIT_ASSERT_EQUAL(1U, outcome.lookups);
    world.zone.a("nodata.example.com", "192.0.2.98");
    CPPUNIT_ASSERT(world.check("u@nodata.example.com").best_guess);
    world.rules.best_guess = "v=spf1 a/24 -all";
    world.client = "203.0.113.1";
    CPPUNIT_ASSERT(world.check().result == SpfResult::Fail);
  }

  void a_guess_that_does_not_match_changes_nothing() {
    World world = guessing();
    world.client = "203.0.113.1";
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::None);
    CPPUNIT_ASSERT(!outcome.best_guess);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome.mechanism);
    CPPUNIT_ASSERT_EQUAL(std::string("example.com has no SPF record"), outcome.problem);
    world.zone.fails("example.com", RecordType::A);
    CPPUNIT_ASSERT(world.check().result == SpfResult::None);
  }

  void a_guess_is_not_made_where_there_is_a_record_or_no_domain() {
    World world = guessing();
    world.zone.txt("has.example.com", "v=spf1 ?all").a("has.example.com", "192.0.2.1");
    world.zone.fails("fails.example.com", RecordType::TXT)
        .txt("in.example.com", "v=spf1 redirect=example.com");
    for (const char* sender : {"u@has.example.com", "u@gone.example.com", "u@localhost",
                               "u@fails.example.com", "u@in.example.com"})
      CPPUNIT_ASSERT_MESSAGE(sender, !world.check(sender).best_guess);
    CPPUNIT_ASSERT(!world.zone.was_asked("has.example.com", RecordType::A));
    CPPUNIT_ASSERT(!world.zone.was_asked("gone.example.com", RecordType::A));
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result("u@in.example.com"));
  }

  void a_guess_that_is_no_record_changes_nothing() {
    for (const char* guess : {"x", "v=spf1 moo", "a/24"}) {
      World world = guessing();
      world.rules.best_guess = guess;
      CPPUNIT_ASSERT(world.check().result == SpfResult::None);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExplanationTest);
