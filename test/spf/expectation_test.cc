// SPDX-License-Identifier: BSD-2-Clause
// Which lookups an evaluation starts early: those that it can know to need, and no more.
#include <cppunit/extensions/HelperMacros.h>

#include <set>

#include "spf/check_host.h"
#include "spf/lookups.h"
#include "test/spf/world.h"

using namespace mailreeve;

namespace {

using Expected = std::vector<std::vector<std::string>>;

std::string text(const Expected& expected) {
  std::string out;
  for (const auto& call : expected) {
    for (const auto& question : call) out += question + ", ";
    out += "\n";
  }
  return out;
}

void assert_expected(const Expected& wanted, const World& world) {
  CPPUNIT_ASSERT_EQUAL(text(wanted), text(world.zone.expected()));
}

}  // namespace

class ExpectationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ExpectationTest);
  CPPUNIT_TEST(what_the_terms_of_a_record_ask_is_asked_together);
  CPPUNIT_TEST(nothing_is_asked_for_behind_a_match_that_needs_no_dns);
  CPPUNIT_TEST(a_redirect_is_asked_for_with_the_terms);
  CPPUNIT_TEST(macros_are_expanded_for_the_message);
  CPPUNIT_TEST(a_name_that_waits_for_the_client_s_begins_with_that);
  CPPUNIT_TEST(addresses_are_of_the_family_of_the_client);
  CPPUNIT_TEST(a_term_that_never_matches_is_not_asked_for);
  CPPUNIT_TEST(one_term_is_not_worth_a_word);
  CPPUNIT_TEST(records_of_includes_are_looked_through_too);
  CPPUNIT_TEST(what_is_expected_is_what_is_asked);
  CPPUNIT_TEST(no_more_is_expected_than_terms_are_left);
  CPPUNIT_TEST(nothing_is_expected_after_the_deadline);
  CPPUNIT_TEST(the_record_of_an_identity_can_be_expected);
  CPPUNIT_TEST_SUITE_END();

  static World with_record(std::string_view record) {
    World world;
    world.rules.limits.void_lookups = 99;
    world.zone.txt("example.com", record);
    return world;
  }
  static void assert_expected_of(std::string_view record, const Expected& wanted) {
    World world = with_record(record);
    world.check();
    assert_expected(wanted, world);
  }
  static std::string numbered(const std::string& term, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += " " + term + std::to_string(i) + ".example";
    return out;
  }

  // The evaluation asks the first question anyway.
  void what_the_terms_of_a_record_ask_is_asked_together() {
    assert_expected_of(
        "v=spf1 exists:e.example include:i.example a:a.example mx exists:x.example a mx:m.example ~all",
        {{"TXT i.example", "A a.example", "MX example.com", "A x.example", "A example.com", "MX m.example"}});
  }

  void nothing_is_asked_for_behind_a_match_that_needs_no_dns() {
    const Expected wanted{{"A b.example"}};
    for (const char* end : {"ip4:192.0.2.0/24", "-ip4:192.0.2.1", "all", "?all"})
      assert_expected_of("v=spf1 a:a.example ip4:203.0.113.0/24 ip6:2001:db8::/32 a:b.example " +
                             std::string(end) + " a:c.example redirect=r.example",
                         wanted);
    assert_expected_of("v=spf1 ip4:192.0.2.1 a:a.example mx -all", {});
  }

  void a_redirect_is_asked_for_with_the_terms() {
    assert_expected_of("v=spf1 a:a.example redirect=r.example", {{"TXT r.example"}});
  }

  void macros_are_expanded_for_the_message() {
    assert_expected_of("v=spf1 a:a.example exists:%{ir}.%{l}.%{d2}.x.example include:%{h}.y.example -all",
                       {{"A 1.2.0.192.user.example.com.x.example", "TXT mail.example.net.y.example"}});
  }

  void a_name_that_waits_for_the_client_s_begins_with_that() {
    for (const char* record :
         {"v=spf1 a:a.example exists:%{p}.x.example -all", "v=spf1 a:a.example ptr -all"})
      assert_expected_of(record, {{"PTR 1.2.0.192.in-addr.arpa"}});
    // Once the client's name is known, names with %{p} are complete.
    World world = with_record("v=spf1 ptr:no.example include:i.example -all");
    world.zone.txt("i.example", "v=spf1 a:a.example ptr exists:%{p}.x.example redirect=%{p}.r.example");
    world.check();
    assert_expected({{"TXT i.example"}, {"A unknown.x.example", "TXT unknown.r.example"}}, world);
    assert_expected_of("v=spf1 a:a.example redirect=%{p}.r.example", {});
  }

  void addresses_are_of_the_family_of_the_client() {
    World world = with_record(
        "v=spf1 a:a.example a:b.example exists:e.example ip4:192.0.2.1 ip6:2001:db8::/32 mx -all");
    world.client = "2001:db8::1";
    world.check();
    assert_expected({{"AAAA b.example", "A e.example"}}, world);
  }

  void a_term_that_never_matches_is_not_asked_for() {
    World world = with_record("v=spf1 a:a.example exists:%{l}.x.example a:b.example redirect=%{s}.r.example");
    world.check("b\xC3\xBCro@example.com");
    assert_expected({{"A b.example"}}, world);
  }

  void one_term_is_not_worth_a_word() {
    for (const char* record : {"v=spf1 include:i.example -all", "v=spf1 mx -all", "v=spf1 -all",
                               "v=spf1 redirect=r.example", "v=spf1"})
      assert_expected_of(record, {});
  }

  void records_of_includes_are_looked_through_too() {
    World world = with_record("v=spf1 include:i.example include:j.example -all");
    world.zone.txt("i.example", "v=spf1 a:a.example a:b.example -all")
        .txt("j.example", "v=spf1 mx:c.example exists:d.example ~all");
    world.check();
    assert_expected({{"TXT j.example"}, {"A b.example"}, {"A d.example"}}, world);
  }

  // If no term matches, each is evaluated.
  void what_is_expected_is_what_is_asked() {
    World world = with_record(
        "v=spf1 a mx exists:%{s}.x.example include:i.example ptr a:%{p}.y.example redirect=r.example");
    world.zone.txt("i.example", "v=spf1 a:%{h}.example mx:%{v}.example -all")
        .txt("r.example", "v=spf1 a:%{d}.z.example a:%{o}.z.example -all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail || outcome.result == SpfResult::Permerror);
    std::set<std::string> asked;
    for (const auto& call : world.zone.calls())
      for (const auto& question : call)
        asked.insert(std::string(to_string(question.type)) + " " + question.name);
    CPPUNIT_ASSERT(!world.zone.expected().empty());
    for (const auto& call : world.zone.expected())
      for (const auto& question : call) CPPUNIT_ASSERT_MESSAGE(question, asked.contains(question));
  }

  void no_more_is_expected_than_terms_are_left() {
    for (const int terms : {9, 10, 11, 200}) {
      World world = with_record("v=spf1" + numbered("a:a", terms) + " -all");
      world.check();
      CPPUNIT_ASSERT_EQUAL(std::size_t(std::min(terms, 10)) - 1, world.zone.expected().at(0).size());
    }
    // Four are in progress when the include is evaluated, which is the fifth.
    World world = with_record("v=spf1 include:i.example" + numbered("a:a", 4) + " -all");
    world.zone.txt("i.example", "v=spf1" + numbered("a:b", 20));
    world.check();
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), world.zone.expected().at(0).size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), world.zone.expected().at(1).size());
    // A started lookup counts once when its term is evaluated: four and the redirect.
    World next = with_record("v=spf1" + numbered("a:a", 4) + " redirect=r.example");
    next.zone.txt("r.example", "v=spf1" + numbered("a:b", 20));
    next.check();
    CPPUNIT_ASSERT_EQUAL(std::size_t(4), next.zone.expected().at(1).size());
    // At most ten more than one by one, whatever the record.
    World nest = with_record("v=spf1" + numbered("include:i", 10));
    for (int i = 0; i < 10; ++i)
      nest.zone.txt("i" + std::to_string(i) + ".example", "v=spf1" + numbered("include:i", 10));
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), nest.result());
    std::size_t expected = 0;
    for (const auto& call : nest.zone.expected()) expected += call.size();
    CPPUNIT_ASSERT(expected <= 10);
  }

  void nothing_is_expected_after_the_deadline() {
    World world = with_record("v=spf1 a:a.example a:b.example -all");
    const Deadline deadline(Milliseconds(20));
    world.zone.on_question = [&](const Question&) {
      while (!deadline.passed()) {
      }
    };
    check_host(world.query("u@example.com"), world.zone, world.rules, world.now, deadline);
    assert_expected({}, world);
  }

  void the_record_of_an_identity_can_be_expected() {
    World world;
    const NativeSpfEngine engine(world.zone, world.rules);
    engine.expect(
        world.query("user@B\xC3\xBC"
                    "cher.example"));
    engine.expect(world.query("user@example.com", SpfIdentity::Helo));
    engine.expect(world.query("user@[192.0.2.1]"));
    engine.expect(world.query("user@localhost"));
    assert_expected({{"TXT xn--bcher-kva.example"}, {"TXT mail.example.net"}}, world);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), world.zone.questions());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ExpectationTest);
