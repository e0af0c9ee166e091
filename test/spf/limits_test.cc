// SPDX-License-Identifier: BSD-2-Clause
// What an evaluation may cost others and us: RFC 7208 section 4.6.4.
#include <cppunit/extensions/HelperMacros.h>

#include "spf/check_host.h"
#include "test/spf/world.h"

using namespace mailreeve;

class LimitsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LimitsTest);
  CPPUNIT_TEST(ten_terms_may_look_into_dns);
  CPPUNIT_TEST(terms_are_counted_over_includes_and_redirects);
  CPPUNIT_TEST(terms_without_dns_do_not_count);
  CPPUNIT_TEST(loops_end_at_the_limit);
  CPPUNIT_TEST(a_record_that_matches_before_its_limit_is_fine);
  CPPUNIT_TEST(two_void_lookups_are_allowed);
  CPPUNIT_TEST(no_data_and_no_name_are_both_void);
  CPPUNIT_TEST(void_lookups_are_counted_over_includes);
  CPPUNIT_TEST(a_term_is_void_once_however_many_hosts_it_has);
  CPPUNIT_TEST(an_mx_is_not_void_if_one_of_its_hosts_exists);
  CPPUNIT_TEST(a_ptr_is_not_void_if_one_of_the_names_exists);
  CPPUNIT_TEST(the_names_that_p_asks_for_count_as_a_void_lookup);
  CPPUNIT_TEST(failures_and_refused_names_are_not_void);
  CPPUNIT_TEST(the_limit_of_void_lookups_is_a_setting);
  CPPUNIT_TEST(more_than_ten_mx_are_a_permerror_before_any_is_asked);
  CPPUNIT_TEST(ten_ptr_names_are_looked_at);
  CPPUNIT_TEST(the_names_of_the_client_are_looked_up_once);
  CPPUNIT_TEST(p_counts_as_a_term_when_it_has_to_look);
  CPPUNIT_TEST(nothing_is_asked_after_the_deadline);
  CPPUNIT_TEST(a_deadline_that_passes_in_between_is_a_temperror);
  CPPUNIT_TEST(terms_without_dns_do_not_mind_the_deadline);
  CPPUNIT_TEST(the_worst_evaluation_asks_a_bounded_number_of_questions);
  CPPUNIT_TEST_SUITE_END();

  static std::string repeated(const std::string& term, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += " " + term;
    return out;
  }

  static World with_address() {
    World world;
    world.zone.a("a.example.com", "203.0.113.1");
    return world;
  }

  void ten_terms_may_look_into_dns() {
    for (const char* term :
         {"a:a.example.com", "exists:no.example.com", "mx:m.example.com", "ptr", "include:i.example.com"})
      for (const int times : {10, 11}) {
        World world = with_address();
        world.rules.limits.void_lookups = 99;
        world.zone.mx("m.example.com", 0, "a.example.com").txt("i.example.com", "v=spf1");
        world.zone.txt("example.com", "v=spf1" + repeated(term, times) + " ~all");
        const auto outcome = world.check();
        const auto expected = times == 10 ? SpfResult::Softfail : SpfResult::Permerror;
        CPPUNIT_ASSERT_MESSAGE(term, outcome.result == expected);
        CPPUNIT_ASSERT_EQUAL(static_cast<unsigned>(times), outcome.lookups);
      }
  }

  void terms_are_counted_over_includes_and_redirects() {
    for (const int inner : {3, 4}) {
      World world = with_address();
      // 4 + 1 include + 1 redirect + 1 in the redirect's target, and `inner`.
      world.zone.txt("example.com", "v=spf1" + repeated("a:a.example.com", 4) +
                                        " include:in.example.com redirect=re.example.com");
      world.zone.txt("in.example.com", "v=spf1" + repeated("a:a.example.com", inner));
      world.zone.txt("re.example.com", "v=spf1 a:a.example.com -all");
      CPPUNIT_ASSERT_EQUAL(std::string(inner == 3 ? "fail" : "permerror"), world.result());
    }
  }

  void terms_without_dns_do_not_count() {
    World world;
    world.zone.txt("example.com",
                   "v=spf1" + repeated("ip4:203.0.113.1 ip6:2001:db8::1", 50) + " exp=e.example.com -all");
    world.zone.txt("e.example.com", "No.");
    const auto outcome = world.check();
    CPPUNIT_ASSERT_EQUAL(0U, outcome.lookups);
    CPPUNIT_ASSERT_EQUAL(std::string("No."), outcome.explanation);
  }

  void loops_end_at_the_limit() {
    for (const char* record :
         {"v=spf1 include:example.com", "v=spf1 redirect=example.com", "v=spf1 include:%{d} redirect=%{d}"}) {
      World world;
      world.zone.txt("example.com", record);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(record, std::string("permerror"), world.result());
      CPPUNIT_ASSERT_EQUAL(std::size_t(11), world.zone.questions());
    }
  }

  void a_record_that_matches_before_its_limit_is_fine() {
    World world = with_address();
    world.zone.txt("example.com", "v=spf1" + repeated("a:a.example.com", 10) + " ip4:192.0.2.1" +
                                      repeated("a:a.example.com", 10));
    CPPUNIT_ASSERT_EQUAL(std::string("pass"), world.result());
  }

  void two_void_lookups_are_allowed() {
    for (const char* term : {"a:no.example.com", "mx:no.example.com", "exists:no.example.com", "ptr"})
      for (const int times : {2, 3}) {
        World world;
        world.zone.txt("example.com", "v=spf1" + repeated(term, times) + " ~all");
        const auto outcome = world.check();
        CPPUNIT_ASSERT_MESSAGE(term,
                               outcome.result == (times == 2 ? SpfResult::Softfail : SpfResult::Permerror));
        CPPUNIT_ASSERT_EQUAL_MESSAGE(term, static_cast<unsigned>(times), outcome.void_lookups);
      }
  }

  void no_data_and_no_name_are_both_void() {
    World world;
    world.zone.empty("nodata.example.com").aaaa("six.example.com", "2001:db8::1");
    world.zone.txt("example.com", "v=spf1 a:nodata.example.com a:six.example.com ~all");
    CPPUNIT_ASSERT_EQUAL(2U, world.check().void_lookups);
    CPPUNIT_ASSERT_EQUAL(std::string("softfail"), world.result());
    world.zone.txt("sub.example.com", "v=spf1 a:nodata.example.com a:six.example.com a:no.example.com ~all");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result("u@sub.example.com"));
  }

  void void_lookups_are_counted_over_includes() {
    World world;
    world.zone.txt("example.com", "v=spf1 a:no.example.com include:in.example.com redirect=re.example.com");
    world.zone.txt("in.example.com", "v=spf1 a:no.example.com")
        .txt("re.example.com", "v=spf1 a:no.example.com ~all");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result());
    CPPUNIT_ASSERT_EQUAL(3U, world.check().void_lookups);
    // The target of this include has no record.
    World gone;
    gone.zone.txt("example.com", "v=spf1 include:in.example.com")
        .txt("in.example.com", "v=spf1 redirect=no.example.com");
    CPPUNIT_ASSERT_EQUAL(1U, gone.check().void_lookups);
  }

  void a_term_is_void_once_however_many_hosts_it_has() {
    World world;
    world.client = "2001:db8::1";
    for (int i = 0; i < 5; ++i) {
      world.zone.mx("example.com", 10, "no" + std::to_string(i) + ".example.com");
    }
    world.zone.txt("example.com", "v=spf1 mx exists:no.example.com ip6:2001:db8::1 -all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Pass);
    CPPUNIT_ASSERT_EQUAL(2U, outcome.void_lookups);
  }

  void an_mx_is_not_void_if_one_of_its_hosts_exists() {
    for (const char* client : {"192.0.2.1", "2001:db8::1"}) {
      World world = with_address();
      world.client = client;
      world.zone.mx("example.com", 10, "no.example.com").mx("example.com", 20, "a.example.com");
      world.zone.txt("example.com", "v=spf1 mx ~all");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(client, 0U, world.check().void_lookups);
    }
  }

  void a_ptr_is_not_void_if_one_of_the_names_exists() {
    for (const bool exists : {true, false}) {
      World world;
      world.zone.ptr("1.2.0.192.in-addr.arpa", "no.example.com")
          .ptr("1.2.0.192.in-addr.arpa", "six.example.com");
      if (exists) world.zone.aaaa("six.example.com", "2001:db8::1");
      world.zone.txt("example.com", "v=spf1 ptr ~all");
      CPPUNIT_ASSERT_EQUAL(exists ? 0U : 1U, world.check().void_lookups);
    }
  }

  void the_names_that_p_asks_for_count_as_a_void_lookup() {
    World world = with_address();
    world.zone.txt("example.com", "v=spf1 a:%{p}.%{d} include:%{p}.no.example.com ~all");
    world.zone.a("unknown.example.com", "203.0.113.1");
    world.zone.txt("unknown.no.example.com", "v=spf1 -all");
    CPPUNIT_ASSERT_EQUAL(1U, world.check().void_lookups);
    world.zone.txt("b.example.com",
                   "v=spf1 exists:no.example.com exists:no.example.com a:%{p}.example.com ~all");
    const auto outcome = world.check("u@b.example.com");
    CPPUNIT_ASSERT(outcome.result == SpfResult::Permerror);
    CPPUNIT_ASSERT_EQUAL(3U, outcome.void_lookups);
    CPPUNIT_ASSERT_EQUAL(4U, outcome.lookups);
    // Failures and explanations do not count, either.
    world.zone.fails("1.2.0.192.in-addr.arpa", RecordType::PTR);
    CPPUNIT_ASSERT_EQUAL(2U, world.check("u@b.example.com").void_lookups);
    World explained;
    explained.zone.txt("example.com", "v=spf1 exp=%{p}.example.com -all")
        .txt("unknown.example.com", "No, %{p}.");
    CPPUNIT_ASSERT_EQUAL(std::string("No, unknown."), explained.check().explanation);
    CPPUNIT_ASSERT_EQUAL(0U, explained.check().void_lookups);
  }

  void failures_and_refused_names_are_not_void() {
    World world;
    world.zone.refuses_bad_names = true;
    world.zone.txt("example.com", "v=spf1 a:1..example.com a:2..example.com a:3..example.com ~all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Softfail);
    CPPUNIT_ASSERT_EQUAL(0U, outcome.void_lookups);
  }

  void the_limit_of_void_lookups_is_a_setting() {
    World world;
    world.zone.txt("example.com", "v=spf1" + repeated("a:no.example.com", 10) + " ~all");
    world.rules.limits.void_lookups = 10;
    CPPUNIT_ASSERT_EQUAL(std::string("softfail"), world.result());
    world.rules.limits.void_lookups = 0;
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result());
    CPPUNIT_ASSERT_EQUAL(1U, world.check().lookups);
  }

  void more_than_ten_mx_are_a_permerror_before_any_is_asked() {
    for (const int hosts : {10, 11}) {
      World world = with_address();
      world.zone.txt("example.com", "v=spf1 mx ~all");
      for (int i = 0; i < hosts; ++i) world.zone.mx("example.com", 0, "a.example.com");
      CPPUNIT_ASSERT_EQUAL(std::string(hosts == 10 ? "softfail" : "permerror"), world.result());
      CPPUNIT_ASSERT_EQUAL(hosts == 10, world.zone.was_asked("a.example.com", RecordType::A));
    }
  }

  void ten_ptr_names_are_looked_at() {
    for (const int decoys : {9, 10}) {
      World world;
      world.zone.txt("example.com", "v=spf1 ptr -all");
      for (int i = 0; i < decoys; ++i)
        world.zone.ptr("1.2.0.192.in-addr.arpa", "decoy" + std::to_string(i) + ".example.com");
      world.zone.ptr("1.2.0.192.in-addr.arpa", "real.example.com").a("real.example.com", "192.0.2.1");
      CPPUNIT_ASSERT_EQUAL(std::string(decoys == 9 ? "pass" : "fail"), world.result());
      CPPUNIT_ASSERT_EQUAL(std::size_t(3), world.zone.calls().size());
      CPPUNIT_ASSERT_EQUAL(std::size_t(10), world.zone.calls()[2].size());
    }
  }

  void the_names_of_the_client_are_looked_up_once() {
    World world;
    world.zone.txt("example.com",
                   "v=spf1 ptr:a.example ptr:b.example exists:%{p}.x.example exp=e.example.com -all");
    world.zone.txt("e.example.com", "You are %{p}.")
        .ptr("1.2.0.192.in-addr.arpa", "c.example")
        .a("c.example", "192.0.2.1");
    CPPUNIT_ASSERT_EQUAL(std::string("You are c.example."), world.check().explanation);
    // TXT, PTR, A c.example, A ...x.example, TXT of exp=
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), world.zone.questions());
  }

  void p_counts_as_a_term_when_it_has_to_look() {
    World world;
    world.rules.limits.void_lookups = 99;
    world.zone.txt("example.com", "v=spf1 exists:%{p}.x.example exists:%{p}.y.example -all");
    CPPUNIT_ASSERT_EQUAL(3U, world.check().lookups);
    world.zone.txt("b.example.com", "v=spf1 ptr exists:%{p}.x.example -all");
    CPPUNIT_ASSERT_EQUAL(2U, world.check("u@b.example.com").lookups);
    world.zone.txt("c.example.com",
                   "v=spf1" + repeated("exists:x.example", 9) + " exists:%{p}.x.example -all");
    CPPUNIT_ASSERT_EQUAL(std::string("permerror"), world.result("u@c.example.com"));
  }

  void nothing_is_asked_after_the_deadline() {
    World world;
    world.patience = Milliseconds(0);
    world.zone.txt("example.com", "v=spf1 +all");
    const auto outcome = world.check();
    CPPUNIT_ASSERT(outcome.result == SpfResult::Temperror);
    CPPUNIT_ASSERT_EQUAL(std::string("DNS lookup failed: TXT example.com: out of time"), outcome.problem);
    CPPUNIT_ASSERT_EQUAL(std::size_t(0), world.zone.questions());
  }

  // The zone uses up the whole time for one question, but sleeps no longer than that.
  void a_deadline_that_passes_in_between_is_a_temperror() {
    for (const char* record :
         {"v=spf1 a:slow.example.com a:a.example.com +all",
          "v=spf1 a:slow.example.com include:in.example.com",
          "v=spf1 a:slow.example.com mx:m.example.com +all",
          "v=spf1 a:slow.example.com redirect=in.example.com", "v=spf1 a:slow.example.com ptr -all",
          "v=spf1 a:slow.example.com exists:%{p}.example.com -all"}) {
      World world = with_address();
      world.zone.txt("example.com", record)
          .txt("in.example.com", "v=spf1 +all")
          .a("slow.example.com", "203.0.113.1");
      world.zone.mx("m.example.com", 0, "a.example.com");
      const Deadline deadline(Milliseconds(20));
      world.zone.on_question = [&](const Question& question) {
        while (question.name == "slow.example.com" && !deadline.passed()) {
        }
      };
      const auto outcome =
          check_host(world.query("u@example.com"), world.zone, world.rules, world.now, deadline);
      CPPUNIT_ASSERT_MESSAGE(record, outcome.result == SpfResult::Temperror);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(record, std::size_t(2), world.zone.questions());
    }
  }

  void terms_without_dns_do_not_mind_the_deadline() {
    World world;
    world.zone.txt("example.com", "v=spf1 ip4:192.0.2.1 exp=e.example.com -all").txt("e.example.com", "No.");
    const Deadline deadline(Milliseconds(20));
    world.zone.on_question = [&](const Question&) {
      while (!deadline.passed()) {
      }
    };
    world.client = "192.0.2.2";
    const auto outcome =
        check_host(world.query("u@example.com"), world.zone, world.rules, world.now, deadline);
    CPPUNIT_ASSERT(outcome.result == SpfResult::Fail);
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome.explanation);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), world.zone.questions());
  }

  void the_worst_evaluation_asks_a_bounded_number_of_questions() {
    World world;
    world.zone.txt("example.com",
                   "v=spf1" + repeated("mx:m.example.com", 9) + " ptr exp=%{p}.example.com -all");
    for (int i = 0; i < 10; ++i) {
      const std::string host = "h" + std::to_string(i) + ".example.com";
      world.zone.mx("m.example.com", 0, host).a(host, "203.0.113.1").ptr("1.2.0.192.in-addr.arpa", host);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("fail"), world.result());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1 + 10 * 11 + 1), world.zone.questions());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LimitsTest);
