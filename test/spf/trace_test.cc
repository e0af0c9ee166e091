// SPDX-License-Identifier: BSD-2-Clause
// The tree shown to an admin.
#include <cppunit/extensions/HelperMacros.h>

#include "spf/check_host.h"
#include "test/spf/world.h"

using namespace mailreeve;

class TraceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TraceTest);
  CPPUNIT_TEST(a_trace_is_made_only_if_it_is_asked_for);
  CPPUNIT_TEST(a_trace_shows_each_step_with_its_counts);
  CPPUNIT_TEST(a_trace_shows_what_went_wrong);
  CPPUNIT_TEST(a_trace_shows_redirect_explanation_and_guess);
  CPPUNIT_TEST(a_trace_is_printable);
  CPPUNIT_TEST_SUITE_END();

  static std::string drawn(const SpfOutcome& outcome) {
    std::string out;
    for (const auto& line : outcome.trace)
      out += std::string(static_cast<std::size_t>(line.depth) * 2, ' ') + line.text + " => " + line.outcome +
             " " + std::to_string(line.lookups) + "/" + std::to_string(line.void_lookups) + "\n";
    return out;
  }

  void a_trace_is_made_only_if_it_is_asked_for() {
    World world;
    world.zone.txt("example.com", "v=spf1 -all");
    CPPUNIT_ASSERT(world.check().trace.empty());
    world.trace = true;
    CPPUNIT_ASSERT(!world.check().trace.empty());
  }

  void a_trace_shows_each_step_with_its_counts() {
    World world;
    world.trace = true;
    world.zone.txt("example.com", "v=spf1 a mx include:in.example.net -all").a("example.com", "203.0.113.1");
    world.zone.txt("in.example.net", "v=spf1 ip4:203.0.113.0/24 include:deep.example.net ~all");
    world.zone.txt("deep.example.net", "v=spf1 ip4:192.0.2.0/24");
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "example.com: v=spf1 a mx include:in.example.net -all => pass 4/1\n"
            "  a => no match: 203.0.113.1 1/0\n"
            "  mx => no match: no MX record 2/1\n"
            "  include:in.example.net => match 4/1\n"
            "    in.example.net: v=spf1 ip4:203.0.113.0/24 include:deep.example.net ~all => pass 4/1\n"
            "      ip4:203.0.113.0/24 => no match 3/1\n"
            "      include:deep.example.net => match 4/1\n"
            "        deep.example.net: v=spf1 ip4:192.0.2.0/24 => pass 4/1\n"
            "          ip4:192.0.2.0/24 => match 4/1\n"),
        drawn(world.check()));
  }

  void a_trace_shows_what_went_wrong() {
    World world;
    world.trace = true;
    world.zone.txt("example.com", "v=spf1 include:in.example.net")
        .txt("in.example.net", "v=spf1 mx")
        .fails("in.example.net", RecordType::MX);
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "example.com: v=spf1 include:in.example.net => temperror: DNS lookup failed: MX in.example.net: "
            "SERVFAIL 2/0\n"
            "  include:in.example.net => temperror: DNS lookup failed: MX in.example.net: SERVFAIL 2/0\n"
            "    in.example.net: v=spf1 mx => temperror: DNS lookup failed: MX in.example.net: SERVFAIL 2/0\n"
            "      mx => temperror: DNS lookup failed: MX in.example.net: SERVFAIL 2/0\n"),
        drawn(world.check()));
    CPPUNIT_ASSERT_EQUAL(std::string("no.example.com => none: no.example.com does not exist 0/0\n"),
                         drawn(world.check("u@no.example.com")));
  }

  void a_trace_shows_redirect_explanation_and_guess() {
    World world;
    world.trace = true;
    world.zone.txt("example.com", "v=spf1 redirect=re.example.com")
        .txt("re.example.com", "v=spf1 exp=e.example.com -all");
    world.zone.txt("e.example.com", "Not %{c}");
    CPPUNIT_ASSERT_EQUAL(std::string("example.com: v=spf1 redirect=re.example.com => fail 1/0\n"
                                     "  redirect=re.example.com => fail 1/0\n"
                                     "    re.example.com: v=spf1 exp=e.example.com -all => fail 1/0\n"
                                     "      -all => match 1/0\n"
                                     "  exp=e.example.com => Not %{c} 1/0\n"),
                         drawn(world.check()));
    World guess;
    guess.trace = true;
    guess.rules.best_guess = "v=spf1 a";
    guess.zone.a("example.com", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("example.com => none: example.com has no SPF record 0/0\n"
                                     "best guess: v=spf1 a => pass 1/0\n"
                                     "  a => match 1/0\n"),
                         drawn(guess.check()));
  }

  void a_trace_is_printable() {
    World world;
    world.trace = true;
    world.zone.txt("example.com", "v=spf1 a\r\n\x1b[31m\xc3\xbc");
    const auto outcome = world.check();
    CPPUNIT_ASSERT_EQUAL(std::string("example.com: v=spf1 a???[31m??"), outcome.trace.at(0).text);
    for (const auto& line : outcome.trace)
      for (const char c : line.text + line.outcome) CPPUNIT_ASSERT(c >= 0x20 && c < 0x7f);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TraceTest);
