// SPDX-License-Identifier: BSD-2-Clause
// Tests of lists by their test points, and what a list that fails them meets.
#include "dnslists/list_health.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/steady_clock_shift.h"
#include "test/unit/dns_lists_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;
using Meaning = ListAnswer::Meaning;

class ListHealthTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ListHealthTest);
  CPPUNIT_TEST(lists_are_asked_what_the_rfc_has_for_tests);
  CPPUNIT_TEST(each_kind_of_list_has_to_pass_its_tests);
  CPPUNIT_TEST(a_list_is_tested_at_once_and_then_every_hour);
  CPPUNIT_TEST(a_list_that_fails_is_tested_after_pauses_that_double_up_to_an_hour);
  CPPUNIT_TEST(the_log_hears_of_the_first_failure_and_of_the_recovery);
  CPPUNIT_TEST(an_error_sets_a_list_aside_at_once);
  CPPUNIT_TEST(questions_without_an_answer_set_a_list_aside_when_they_are_many_in_a_row);
  CPPUNIT_TEST(only_a_test_brings_a_list_back);
  CPPUNIT_TEST_SUITE_END();

  KeptLog log_;
  OrderedDns dns_;

  static std::vector<std::string> names(ListKind kind, Log& log) {
    std::vector<std::string> out;
    for (const auto& question : ListHealth(kind, "l.example", log).test_points()) {
      CPPUNIT_ASSERT(question.type == RecordType::A);
      out.push_back(question.name);
    }
    return out;
  }
  void test(ListHealth& list) {
    const auto points = list.test_points();
    list.note_test(dns_.resolve(points, Deadline(Seconds(1))));
  }
  static ListAnswer unknown() { return {.meaning = Meaning::Unknown, .problem = "SERVFAIL"}; }
  static void pass(Seconds span) { SteadyClockShift::advance(span); }

  void lists_are_asked_what_the_rfc_has_for_tests() {
    const std::string zeros = ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.l.example";
    const std::vector<std::string> of_addresses{"2.0.0.127.l.example", "2" + zeros, "1.0.0.127.l.example",
                                                "1" + zeros};
    CPPUNIT_ASSERT(of_addresses == names(ListKind::Block, log_));
    CPPUNIT_ASSERT(of_addresses == names(ListKind::White, log_));
    CPPUNIT_ASSERT((std::vector<std::string>{"test.l.example", "2.0.0.127.l.example", "invalid.l.example"} ==
                    names(ListKind::Name, log_)));
  }

  void each_kind_of_list_has_to_pass_its_tests() {
    const std::string v6 = ".0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0";
    const std::string refused = "it refuses to answer: 127.255.255.254";
    const struct {
      const char* what;
      std::map<std::string, std::vector<std::string>> zone;  // answers; "SERVFAIL"
      std::string block, white, name;                        // the problem
    } table[] = {
        {"IPv4 works", {{"2.0.0.127", {"127.0.0.2"}}}, "", "", ""},
        {"IPv6 works", {{"2" + v6, {"127.0.0.2"}}}, "", "", "it does not list its own test entry, test"},
        {"names work", {{"test", {"127.0.0.2"}}}, "it does not list its own test entry, 2.0.0.127", "", ""},
        {"any answer will do", {{"2.0.0.127", {"127.0.10.0"}}}, "", "", ""},
        {"nothing is listed",
         {},
         "it does not list its own test entry, 2.0.0.127",
         "",
         "it does not list its own test entry, test"},
        {"everything is listed",
         {{"2.0.0.127", {"127.0.0.2"}},
          {"1.0.0.127", {"127.0.0.2"}},
          {"test", {"127.0.0.2"}},
          {"invalid", {"127.0.0.2"}}},
         "it lists everything: 1.0.0.127 as well",
         "it lists everything: 1.0.0.127 as well",
         "it lists everything: invalid as well"},
        {"everything of IPv6 is listed",
         {{"2.0.0.127", {"127.0.0.2"}}, {"1" + v6, {"127.0.0.2"}}},
         "it lists everything: 1" + v6 + " as well",
         "it lists everything: 1" + v6 + " as well",
         ""},
        {"a wildcard",
         {{"2.0.0.127", {"192.0.2.1"}}, {"1.0.0.127", {"192.0.2.1"}}},
         "it answers 192.0.2.1, which is no list's answer",
         "it answers 192.0.2.1, which is no list's answer",
         "it answers 192.0.2.1, which is no list's answer"},
        {"refused", {{"2.0.0.127", {"127.255.255.254"}}}, refused, refused, refused},
        {"no answer",
         {{"2.0.0.127", {"SERVFAIL"}}, {"2" + v6, {"SERVFAIL"}}, {"test", {"SERVFAIL"}}},
         "it does not answer: SERVFAIL",
         "it does not answer: SERVFAIL",
         "it does not answer: SERVFAIL"},
        {"works and half fails",
         {{"2.0.0.127", {"127.0.0.2"}},
          {"2" + v6, {"SERVFAIL"}},
          {"1.0.0.127", {"SERVFAIL"}},
          {"invalid", {"SERVFAIL"}}},
         "",
         "",
         ""},
    };
    for (const auto& row : table) {
      dns_ = OrderedDns();
      for (const auto& [name, answers] : row.zone) {
        if (answers.front() == "SERVFAIL")
          dns_.failing.insert(name + ".l.example");
        else
          dns_.addresses[name + ".l.example"] = answers;
      }
      for (const auto& [kind, problem] :
           {std::pair(ListKind::Block, row.block), std::pair(ListKind::White, row.white),
            std::pair(ListKind::Name, row.name)}) {
        ListHealth list(kind, "l.example", log_);
        test(list);
        CPPUNIT_ASSERT_EQUAL_MESSAGE(row.what, problem, list.problem());
        CPPUNIT_ASSERT_EQUAL(problem.empty(), list.in_use());
      }
    }
  }

  void a_list_is_tested_at_once_and_then_every_hour() {
    ListHealth list(ListKind::Block, "l.example", log_);
    CPPUNIT_ASSERT(list.is_due());
    CPPUNIT_ASSERT(list.in_use());
    dns_.zone("l.example");
    test(list);
    CPPUNIT_ASSERT(!list.is_due());
    pass(Seconds(3500));
    CPPUNIT_ASSERT(!list.is_due());
    pass(Seconds(100));
    CPPUNIT_ASSERT(list.is_due());
  }

  void a_list_that_fails_is_tested_after_pauses_that_double_up_to_an_hour() {
    ListHealth list(ListKind::Block, "l.example", log_);
    for (const int minutes : {2, 4, 8, 16, 32, 60, 60}) {
      test(list);
      pass(Seconds(60 * minutes - 30));
      CPPUNIT_ASSERT(!list.is_due());
      pass(Seconds(30));
      CPPUNIT_ASSERT(list.is_due());
    }
    dns_.zone("l.example");
    test(list);
    list.note({.meaning = Meaning::Error, .problem = "wrong"});
    pass(Seconds(60));
    CPPUNIT_ASSERT(list.is_due());
  }

  void the_log_hears_of_the_first_failure_and_of_the_recovery() {
    ListHealth list(ListKind::White, "l.example", log_);
    dns_.list("1.0.0.127.l.example");
    for (int i = 0; i < 3; ++i) {
      test(list);
      pass(Seconds(100));
    }
    dns_.addresses.clear();
    for (int i = 0; i < 3; ++i) test(list);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), log_.lines.size());
    CPPUNIT_ASSERT_EQUAL(
        std::string(
            "dns-list-failed list=l.example option=dnswl error=it lists everything: 1.0.0.127 as well"),
        log_.lines[0]);
    const std::string recovered = "dns-list-recovered list=l.example option=dnswl seconds=30";
    CPPUNIT_ASSERT(log_.lines[1].starts_with(recovered));
  }

  void an_error_sets_a_list_aside_at_once() {
    ListHealth list(ListKind::Name, "l.example", log_);
    list.note({.meaning = Meaning::Listed});
    list.note({.meaning = Meaning::NotListed});
    CPPUNIT_ASSERT(list.in_use());
    list.note({.meaning = Meaning::Error, .problem = "it refuses"});
    list.note({.meaning = Meaning::Error, .problem = "it refuses again"});
    CPPUNIT_ASSERT_EQUAL(std::string("it refuses"), list.problem());
    CPPUNIT_ASSERT((std::vector<std::string>{
                        "dns-list-failed list=l.example option=rhsbl error=it refuses"} == log_.lines));
  }

  void questions_without_an_answer_set_a_list_aside_when_they_are_many_in_a_row() {
    ListHealth list(ListKind::Block, "l.example", log_);
    for (int i = 0; i < 20; ++i) {
      list.note(unknown());
      if (i % 4 == 3) list.note({.meaning = Meaning::NotListed});
    }
    CPPUNIT_ASSERT(list.in_use());
    for (int i = 0; i < 4; ++i) list.note(unknown());
    CPPUNIT_ASSERT(list.in_use());
    list.note(unknown());
    CPPUNIT_ASSERT_EQUAL(std::string("it does not answer: SERVFAIL"), list.problem());
    // It begins anew.
    dns_.zone("l.example");
    test(list);
    list.note(unknown());
    CPPUNIT_ASSERT(list.in_use());
  }

  void only_a_test_brings_a_list_back() {
    ListHealth list(ListKind::Block, "l.example", log_);
    list.note({.meaning = Meaning::Error, .problem = "it refuses"});
    list.note({.meaning = Meaning::NotListed});
    pass(Seconds(7200));
    CPPUNIT_ASSERT(!list.in_use());
    dns_.zone("l.example");
    test(list);
    CPPUNIT_ASSERT(list.in_use());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ListHealthTest);
