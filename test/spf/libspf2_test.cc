// SPDX-License-Identifier: BSD-2-Clause
// Runs the optional engine on the conformance tests, and tests its guards.
#include <cppunit/TestCase.h>
#include <cppunit/TestSuite.h>
#include <cppunit/extensions/HelperMacros.h>
#include <cppunit/extensions/TestFactoryRegistry.h>

#include <cstdlib>
#include <fstream>
#include <set>
#include <stdexcept>

#include "spf/libspf2_engine.h"
#include "spf/libspf2_guard.h"
#include "test/spf/conformance.h"
#include "test/spf/world.h"

using namespace mailreeve;

namespace {

// Reads lines of "scenario/test"; ignores empty lines and those that begin with "#".
std::set<std::string> known_disagreements() {
  const char* top = std::getenv("srcdir");
  std::ifstream in(std::string(top == nullptr ? "." : top) + "/test/spf/libspf2_disagreements.txt");
  if (!in) throw std::runtime_error("cannot read test/spf/libspf2_disagreements.txt below $srcdir");
  std::set<std::string> out;
  for (std::string line; std::getline(in, line);)
    if (!line.empty() && line[0] != '#') out.insert(line);
  return out;
}

class Conforms final : public CppUnit::TestCase {
 public:
  Conforms(ConformanceScenario& scenario, const ConformanceCase& test, bool known_to_disagree)
      : TestCase(test.name), scenario_(scenario), test_(test), known_to_disagree_(known_to_disagree) {}

  void runTest() override {
    const Libspf2Engine engine(scenario_.zone, SpfRules{});
    const auto outcome = engine.check(test_.query, TimePoint(), Deadline(Milliseconds(3600000)));
    const std::string objection = test_.objection(outcome);
    if (known_to_disagree_) {
      CPPUNIT_ASSERT_MESSAGE("agrees now: take it off libspf2_disagreements.txt", !objection.empty());
    } else {
      CPPUNIT_ASSERT_EQUAL(std::string(), objection);
    }
  }

 private:
  ConformanceScenario& scenario_;
  const ConformanceCase& test_;
  bool known_to_disagree_;
};

class Factory final : public CppUnit::TestFactory {
 public:
  CppUnit::Test* makeTest() override {
    static std::vector<ConformanceScenario> scenarios = read_conformance_file();
    std::set<std::string> known = known_disagreements();
    auto* suite = new CppUnit::TestSuite("libspf2");  // CppUnit deletes it
    for (auto& scenario : scenarios)
      for (const auto& test : scenario.cases)
        suite->addTest(new Conforms(scenario, test, known.erase(test.name) > 0));
    if (!known.empty()) throw std::runtime_error("no such test: " + *known.begin());
    return suite;
  }
};

// The registry keeps a pointer but does not own it.
Factory factory;
const bool registered = (CppUnit::TestFactoryRegistry::getRegistry().registerFactory(&factory), true);

SpfOutcome check(World& world, std::string_view sender = "user@example.com") {
  const Libspf2Engine engine(world.zone, world.rules);
  return engine.check(world.query(sender), world.now, Deadline(world.patience));
}

}  // namespace

class Libspf2Test : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(Libspf2Test);
  CPPUNIT_TEST(both_engines_agree_on_everyday_records);
  CPPUNIT_TEST(an_explanation_that_smashes_its_stack_never_gets_there);
  CPPUNIT_TEST(terms_that_overrun_its_buffers_are_refused);
  CPPUNIT_TEST(the_guard_counts_octets_and_macros_of_a_term);
  CPPUNIT_TEST(octets_that_are_no_text_are_refused);
  CPPUNIT_TEST(explanations_are_ours);
  CPPUNIT_TEST(a_wrong_exp_is_still_a_permerror);
  CPPUNIT_TEST(type_99_is_never_asked_for);
  CPPUNIT_TEST(terms_are_counted_over_includes);
  CPPUNIT_TEST(void_lookups_are_limited);
  CPPUNIT_TEST(one_message_cannot_cause_thousands_of_lookups);
  CPPUNIT_TEST(names_that_dns_cannot_hold_do_not_match);
  CPPUNIT_TEST(dns_failures_and_the_deadline_are_temperrors);
  CPPUNIT_TEST(what_it_calls_invalid_is_told_apart);
  CPPUNIT_TEST(a_mechanism_is_named_if_it_is_the_only_candidate);
  CPPUNIT_TEST(a_guess_stands_in_for_a_missing_record);
  CPPUNIT_TEST(loopback_clients_get_no_free_ride);
  CPPUNIT_TEST(a_local_part_of_any_octets_does_no_harm);
  CPPUNIT_TEST(a_trace_lists_lookups);
  CPPUNIT_TEST_SUITE_END();

  void both_engines_agree_on_everyday_records() {
    const char* records[] = {"v=spf1 ip4:192.0.2.0/24 -all",
                             "v=spf1 ip4:203.0.113.1 ~all",
                             "v=spf1 a mx -all",
                             "v=spf1 include:in.example.com ?all",
                             "v=spf1 redirect=in.example.com",
                             "v=spf1 ptr -all",
                             "v=spf1 exists:%{ir}.%{v}.x.example -all",
                             "v=spf1 moo",
                             "v=spf1 ip6:2001:db8::/32 -all"};
    for (const char* client : {"192.0.2.1", "198.51.100.7", "2001:db8::1"})
      for (const char* record : records) {
        World world;
        world.client = client;
        world.zone.txt("example.com", record)
            .a("example.com", "192.0.2.1")
            .mx("example.com", 10, "mx.example.com");
        world.zone.aaaa("mx.example.com", "2001:db8::1")
            .txt("in.example.com", "v=spf1 ip4:198.51.100.7 ~all");
        world.zone.a("7.100.51.198.in-addr.x.example", "127.0.0.2");
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(record) + " " + client, world.result(),
                                     std::string(to_string(check(world).result)));
      }
  }

  // CVE-2023-42118: libspf2 aborts or worse when it compiles this text.
  void an_explanation_that_smashes_its_stack_never_gets_there() {
    std::string text;
    for (int i = 0; i < 127; ++i) text += "%{d}";
    World world;
    world.zone.txt("example.com", "v=spf1 -all exp=e.example.com").txt("e.example.com", text + "x");
    const auto outcome = check(world);
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(std::string("example.comexample.com"), outcome.explanation.substr(0, 22));
  }

  void terms_that_overrun_its_buffers_are_refused() {
    std::string macros = "v=spf1 a:";
    while (macros.size() < 490) macros += "%{d}";
    std::string literal = "v=spf1 a:";
    literal += std::string(496, 'x') + ".com";
    std::string mixed = "v=spf1 include:";
    while (mixed.size() < 480) mixed += "x%{s}";
    for (const std::string& record : {macros, literal, mixed, "v=spf1 redirect=" + macros.substr(9)}) {
      World world;
      world.zone.txt("example.com", "v=spf1 include:in.example.com -all").txt("in.example.com", record);
      const auto outcome = check(world);
      CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);
      CPPUNIT_ASSERT_EQUAL(
          std::string("a term that is too big for libspf2 in the SPF record of in.example.com"),
          outcome.problem);
      CPPUNIT_ASSERT_EQUAL(std::size_t(2), world.zone.questions());
    }
  }

  void the_guard_counts_octets_and_macros_of_a_term() {
    CPPUNIT_ASSERT_EQUAL(std::string(), danger_in_record("v=spf1 a:" + std::string(498, 'x')));
    CPPUNIT_ASSERT(!danger_in_record("v=spf1 a:" + std::string(499, 'x')).empty());
    CPPUNIT_ASSERT_EQUAL(std::string(), danger_in_record("v=spf1 " + std::string(492, 'x') + " -all"));
    CPPUNIT_ASSERT_EQUAL(std::string(), danger_in_record("v=spf1 %" + std::string(491, 'x')));
    CPPUNIT_ASSERT(!danger_in_record("v=spf1 %" + std::string(492, 'x')).empty());
    CPPUNIT_ASSERT(!danger_in_record("v=spf1 -all %%" + std::string(483, 'x')).empty());
    std::string many = "v=spf1";
    for (int i = 0; i < 100; ++i) many += " exists:%{i}.%{l}.example.com";
    CPPUNIT_ASSERT_EQUAL(std::string(), danger_in_record(many));
  }

  void octets_that_are_no_text_are_refused() {
    for (const std::string_view record :
         {std::string_view("v=spf1 +all\0 -all", 17), std::string_view("v=spf1 +all\xff"),
          std::string_view("v=spf1 +all\t")}) {
      World world;
      world.zone.txt("example.com", record);
      CPPUNIT_ASSERT(check(world).result == SpfResult::Permerror);
    }
  }

  void explanations_are_ours() {
    World world;
    world.zone.txt("example.com", "v=spf1 exp=e.example.com exp-text=moo -all")
        .txt("e.example.com", "Not %{c}, says %{d}.");
    CPPUNIT_ASSERT_EQUAL(std::string("Not 192.0.2.1, says example.com."), check(world).explanation);
    world.zone.txt("re.example.com", "v=spf1 ip4:203.0.113.1 exp=no.example.com redirect=example.com");
    CPPUNIT_ASSERT_EQUAL(std::string("Not 192.0.2.1, says example.com."),
                         check(world, "u@re.example.com").explanation);
    // Without its own explanation there is no default text, and without a fail no lookup.
    World plain;
    plain.zone.txt("example.com", "v=spf1 exp=e.example.com ~all").txt("b.example.com", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(std::string(), check(plain).explanation);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), plain.zone.questions());
    CPPUNIT_ASSERT_EQUAL(std::string(), check(plain, "u@b.example.com").explanation);
    CPPUNIT_ASSERT_EQUAL(std::string("v=spf1 a -all "),
                         without_explanations("v=spf1 EXP=x.com  a exp-text=y -all exp="));
  }

  void a_wrong_exp_is_still_a_permerror() {
    for (const char* record : {"v=spf1 exp=a.com exp=b.com +all", "v=spf1 exp= +all",
                               "v=spf1 +all EXP=%{c}.com", "v=spf1 exp=x +all"})
      CPPUNIT_ASSERT(!fault_in_explanation(record).empty());
    World world;
    world.zone.txt("example.com", "v=spf1 +all exp=%{r}.com");
    const auto outcome = check(world);
    CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);
    CPPUNIT_ASSERT_EQUAL(std::string("syntax error in exp= in the SPF record of example.com"),
                         outcome.problem);
  }

  void type_99_is_never_asked_for() {
    World world;
    world.zone.txt("example.com", "v=spf1 -all");
    CPPUNIT_ASSERT(check(world).result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), world.zone.questions());
  }

  void terms_are_counted_over_includes() {
    for (const int includes : {10, 11}) {
      World world;
      for (int i = 0; i < includes; ++i)
        world.zone.txt(std::to_string(i) + ".example.com",
                       "v=spf1 include:" + std::to_string(i + 1) + ".example.com ~all");
      world.zone.txt(std::to_string(includes) + ".example.com", "v=spf1 ~all");
      const auto outcome = check(world, "u@0.example.com");
      CPPUNIT_ASSERT_EQUAL(static_cast<unsigned>(includes), outcome.lookups);
      CPPUNIT_ASSERT(outcome.result == (includes == 10 ? SpfResult::Softfail : SpfResult::Permerror));
    }
  }

  void void_lookups_are_limited() {
    for (const char* client : {"192.0.2.1", "2001:db8::1"})
      for (const int times : {2, 3}) {
        World world;
        world.client = client;
        std::string record = "v=spf1";
        for (int i = 0; i < times; ++i) record += " exists:no" + std::to_string(i) + ".example.com";
        world.zone.txt("example.com", record + " ~all");
        CPPUNIT_ASSERT(check(world).result == (times == 2 ? SpfResult::Softfail : SpfResult::Permerror));
      }
  }

  void one_message_cannot_cause_thousands_of_lookups() {
    World world;
    std::string record = "v=spf1";
    for (int i = 0; i < 10; ++i) record += " include:example.com mx:m" + std::to_string(i) + ".example.com";
    world.zone.txt("example.com", record + " ~all");
    for (int i = 0; i < 10; ++i)
      for (int j = 0; j < 10; ++j) {
        const std::string host = std::to_string(i * 10 + j) + ".example.com";
        world.zone.mx("m" + std::to_string(i) + ".example.com", 0, host).a(host, "203.0.113.1");
      }
    CPPUNIT_ASSERT(check(world).result == SpfResult::Permerror);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(world.zone.questions()), world.zone.questions() <= 111);
  }

  void names_that_dns_cannot_hold_do_not_match() {
    World world;
    world.zone.refuses_bad_names = true;
    world.helo = "a..b";
    world.zone.txt("example.com",
                   "v=spf1 a:%{h}.example.com exists:%{h}.a.example.com a:%{h}.b.example.com ~all");
    const auto outcome = check(world);
    CPPUNIT_ASSERT(outcome.result == SpfResult::Softfail);
    CPPUNIT_ASSERT_EQUAL(0U, outcome.void_lookups);
  }

  void dns_failures_and_the_deadline_are_temperrors() {
    World world;
    world.zone.txt("example.com", "v=spf1 a:a.example.com +all").fails("a.example.com", RecordType::A);
    CPPUNIT_ASSERT(check(world).result == SpfResult::Temperror);
    world.zone.fails("example.com", RecordType::TXT);
    CPPUNIT_ASSERT(check(world).result == SpfResult::Temperror);
    World late;
    late.zone.txt("example.com", "v=spf1 +all");
    late.patience = Milliseconds(0);
    CPPUNIT_ASSERT(check(late).result == SpfResult::Temperror);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), late.zone.questions());
  }

  void what_it_calls_invalid_is_told_apart() {
    World world;
    world.zone.txt("syntax.example.com", "v=spf1 moo:x.com")
        .txt("other.example.com", "hello")
        .empty("nodata.example.com");
    world.zone.txt("two.example.com", "v=spf1 +all").txt("two.example.com", "v=spf1 -all");
    const struct {
      const char* sender;
      SpfResult result;
    } table[] = {
        {"u@syntax.example.com", SpfResult::Permerror}, {"u@other.example.com", SpfResult::None},
        {"u@nodata.example.com", SpfResult::None},      {"u@gone.example.com", SpfResult::None},
        {"u@two.example.com", SpfResult::Permerror},    {"u@localhost", SpfResult::None},
    };
    for (const auto& row : table) {
      const auto outcome = check(world, row.sender);
      CPPUNIT_ASSERT_MESSAGE(row.sender, outcome.result == row.result);
      CPPUNIT_ASSERT_MESSAGE(row.sender, !outcome.problem.empty());
      CPPUNIT_ASSERT_MESSAGE(row.sender, outcome.mechanism.empty());
    }
  }

  void a_mechanism_is_named_if_it_is_the_only_candidate() {
    const struct {
      const char* record;
      const char* mechanism;
    } table[] = {
        {"v=spf1 ip4:203.0.113.1 -all", "-all"},    {"v=spf1 ip4:192.0.2.0/24 -all", "ip4:192.0.2.0/24"},
        {"v=spf1 ip4:192.0.2.0/24 a +all", ""},     {"v=spf1 ip4:203.0.113.1", "default"},
        {"v=spf1 redirect=re.example.com", "~all"},
    };
    for (const auto& row : table) {
      World world;
      world.zone.txt("example.com", row.record).txt("re.example.com", "v=spf1 ip4:203.0.113.1 ~all");
      CPPUNIT_ASSERT_EQUAL(std::string(row.mechanism), check(world).mechanism);
    }
  }

  void a_guess_stands_in_for_a_missing_record() {
    World world;
    world.rules.best_guess = "v=spf1 a/24 mx/24 ptr";
    world.zone.txt("example.com", "hello").a("example.com", "192.0.2.99");
    const auto outcome = check(world);
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT(outcome.best_guess);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome.problem);
    world.client = "203.0.113.1";
    CPPUNIT_ASSERT(check(world).result == SpfResult::None);
    CPPUNIT_ASSERT(!check(world).best_guess);
    CPPUNIT_ASSERT(check(world, "u@gone.example.com").result == SpfResult::None);
  }

  void loopback_clients_get_no_free_ride() {
    for (const char* client : {"127.0.0.1", "::1"}) {
      World world;
      world.client = client;
      world.zone.txt("example.com", "v=spf1 -all");
      CPPUNIT_ASSERT(check(world).result == SpfResult::None);
    }
  }

  void a_local_part_of_any_octets_does_no_harm() {
    World world;
    world.zone.txt("example.com", "v=spf1 exists:%{l}.x.example exists:%{S}.x.example -all");
    world.rules.limits.void_lookups = 9;
    for (const auto& local : {std::string("a\0b", 3), std::string("j\xc3\xbcrg"), std::string(5000, 'x'),
                              std::string("%{l}%n%s"), std::string("a b\r\n"), std::string(255, '.')})
      CPPUNIT_ASSERT(check(world, local + "@example.com").result == SpfResult::Fail);
  }

  void a_trace_lists_lookups() {
    World world;
    world.trace = true;
    world.zone.txt("example.com", "v=spf1 a:a.example.com -all");
    const auto outcome = check(world);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), outcome.trace.size());
    CPPUNIT_ASSERT_EQUAL(std::string("A a.example.com"), outcome.trace[1].text);
    CPPUNIT_ASSERT_EQUAL(std::string("no such name"), outcome.trace[1].outcome);
    CPPUNIT_ASSERT_EQUAL(1U, outcome.trace[1].void_lookups);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(Libspf2Test);
