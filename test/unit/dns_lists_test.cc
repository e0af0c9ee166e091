// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/dns_lists.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>

#include "test/steady_clock_shift.h"
#include "test/unit/dns_lists_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

class DnsListsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DnsListsTest);
  CPPUNIT_TEST(all_lists_are_asked_at_once);
  CPPUNIT_TEST(a_hit_says_what_listed_whom);
  CPPUNIT_TEST(only_answers_that_count_are_hits);
  CPPUNIT_TEST(lists_of_names_are_asked_about_each_name_once);
  CPPUNIT_TEST(a_list_counts_once_however_many_names_it_has);
  CPPUNIT_TEST(a_list_may_be_there_twice_with_weights_of_their_own);
  CPPUNIT_TEST(ipv6_clients_are_asked_about);
  CPPUNIT_TEST(only_lists_that_are_wanted_are_asked);
  CPPUNIT_TEST(nobody_waits_for_more_than_decides);
  CPPUNIT_TEST(who_decides_sees_what_is_open);
  CPPUNIT_TEST(a_list_that_was_not_waited_for_is_not_blamed);
  CPPUNIT_TEST(who_had_little_time_blames_no_list);
  CPPUNIT_TEST(errors_are_no_hits_and_set_the_list_aside);
  CPPUNIT_TEST(a_list_that_does_not_answer_is_open_and_then_set_aside);
  CPPUNIT_TEST(tests_ask_all_that_are_due_at_once);
  CPPUNIT_TEST(a_list_that_lists_everything_is_set_aside_until_it_does_not);
  CPPUNIT_TEST(a_reload_keeps_what_is_known_of_a_list);
  CPPUNIT_TEST(a_reload_asks_the_new_resolver);
  CPPUNIT_TEST(rules_may_ask_any_list);
  CPPUNIT_TEST(one_list_that_lists_is_enough_for_a_rule);
  CPPUNIT_TEST(rules_share_what_is_known_of_a_configured_list);
  CPPUNIT_TEST(lists_that_rules_do_not_ask_any_more_are_forgotten);
  CPPUNIT_TEST(what_is_no_zone_lists_nobody);
  CPPUNIT_TEST_SUITE_END();

  KeptLog log_;
  std::shared_ptr<OrderedDns> dns_ = std::make_shared<OrderedDns>();
  ListSubject subject_{.address = IpAddress::parse("192.0.2.7")};

  std::unique_ptr<DnsLists> lists(std::initializer_list<const char*> dnsbl,
                                  std::initializer_list<const char*> dnswl = {},
                                  std::initializer_list<const char*> rhsbl = {}) {
    return std::make_unique<DnsLists>(DnsListsSettings{specs(dnsbl), specs(dnswl), specs(rhsbl)}, dns_, log_);
  }
  static Deadline patience() { return Deadline(Milliseconds(8000)); }
  ListFindings ask(DnsLists& lists, const DnsLists::Decided& decided = nullptr) {
    return lists.ask(subject_, patience(), {}, decided);
  }
  // "dnsbl bl.example 192.0.2.7 127.0.0.2 1"
  static std::vector<std::string> texts(const ListFindings& findings) {
    std::vector<std::string> out;
    for (const auto& hit : findings.hits)
      out.push_back(std::string(to_string(hit.kind)) + " " + hit.zone + " " + hit.what + " " +
                    hit.answer.text() + " " + std::to_string(hit.weight));
    return out;
  }
  static void assert_texts(std::vector<std::string> wanted, const std::vector<std::string>& found) {
    std::string joined;
    for (const auto& one : found) joined += one + "\n";
    CPPUNIT_ASSERT_MESSAGE(joined, wanted == found);
  }
  static std::optional<bool> listed(DnsLists& lists, std::vector<std::string> zones) {
    return lists.listed(*IpAddress::parse("192.0.2.7"), zones, patience());
  }
  static std::string problem(DnsLists& lists) { return lists.status().at(0).problem; }
  static void pass(Seconds span) { SteadyClockShift::advance(span); }

  void all_lists_are_asked_at_once() {
    const auto some = lists({"a.example", "b.example"}, {"w.example"}, {"n.example"});
    subject_.helo = "mx.example.com";
    ask(*some);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->calls.size());
    assert_texts(
        {"7.2.0.192.a.example", "7.2.0.192.b.example", "7.2.0.192.w.example", "mx.example.com.n.example"},
        dns_->calls[0]);
    const auto none = lists({});
    CPPUNIT_ASSERT(ask(*none).hits.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->calls.size());
  }

  void a_hit_says_what_listed_whom() {
    const auto some = lists({"a.example:3"}, {"w.example:2"}, {"n.example"});
    subject_.sender_domain = "Bad.Example";
    dns_->list("7.2.0.192.a.example", "127.0.0.4");
    dns_->list("7.2.0.192.w.example", "127.0.10.1");
    dns_->list("bad.example.n.example");
    const auto found = ask(*some);
    assert_texts({"dnsbl a.example 192.0.2.7 127.0.0.4 3", "dnswl w.example 192.0.2.7 127.0.10.1 2",
                  "rhsbl n.example bad.example 127.0.0.2 1"},
                 texts(found));
    CPPUNIT_ASSERT_EQUAL(4U, found.sums.blocked);
    CPPUNIT_ASSERT_EQUAL(2U, found.sums.white);
    CPPUNIT_ASSERT_EQUAL(0U, found.sums.blocked_open + found.sums.white_open);
  }

  void only_answers_that_count_are_hits() {
    const auto some = lists({"a.example=127.0.0.2-3:3"});
    dns_->list("7.2.0.192.a.example", "127.0.0.4");
    CPPUNIT_ASSERT(ask(*some).hits.empty());
    CPPUNIT_ASSERT(problem(*some).empty());
    dns_->list("7.2.0.192.a.example", "127.0.0.3");
    assert_texts({"dnsbl a.example 192.0.2.7 127.0.0.3 3"}, texts(ask(*some)));
    dns_->addresses.clear();
    dns_->no_data.insert("7.2.0.192.a.example");
    CPPUNIT_ASSERT(ask(*some).hits.empty());
  }

  void lists_of_names_are_asked_about_each_name_once() {
    const auto some = lists({}, {}, {"n.example", "m.example"});
    subject_.client_name = "mx.example.com";
    subject_.helo = "MX.example.com.";
    subject_.sender_domain = "example.com";
    ask(*some);
    assert_texts({"mx.example.com.n.example", "example.com.n.example", "mx.example.com.m.example",
                  "example.com.m.example"},
                 dns_->calls[0]);
    subject_ = {.address = IpAddress::parse("192.0.2.7"),
                .client_name = "",
                .helo = "[192.0.2.7]",
                .sender_domain = "192.0.2.7"};
    ask(*some);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->calls.size());
  }

  void a_list_counts_once_however_many_names_it_has() {
    const auto some = lists({}, {}, {"n.example:5"});
    subject_.client_name = "a.example.com";
    subject_.helo = "b.example.com";
    dns_->list("a.example.com.n.example");
    dns_->list("b.example.com.n.example");
    const auto found = ask(*some);
    assert_texts({"rhsbl n.example a.example.com 127.0.0.2 5"}, texts(found));
    CPPUNIT_ASSERT_EQUAL(5U, found.sums.blocked);
  }

  void a_list_may_be_there_twice_with_weights_of_their_own() {
    const auto some = lists({"a.example=127.0.0.2:3", "a.example=127.0.0.10-11:1", "a.example=127.0.0.4"});
    dns_->list("7.2.0.192.a.example", "127.0.0.2");
    dns_->list("7.2.0.192.a.example", "127.0.0.10");
    const auto found = ask(*some);
    CPPUNIT_ASSERT_EQUAL(4U, found.sums.blocked);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), found.hits.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), some->status().size());
    CPPUNIT_ASSERT(listed(*some, {"a.example"}) == true);
    dns_->addresses["7.2.0.192.a.example"] = {"127.0.0.9"};
    CPPUNIT_ASSERT(listed(*some, {"a.example"}) == false);
  }

  void ipv6_clients_are_asked_about() {
    const auto some = lists({"a.example"});
    subject_.address = IpAddress::parse("2001:db8::1");
    dns_->list("1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2.a.example");
    assert_texts({"dnsbl a.example 2001:db8::1 127.0.0.2 1"}, texts(ask(*some)));
    subject_.address.reset();
    CPPUNIT_ASSERT(ask(*some).hits.empty());
  }

  void only_lists_that_are_wanted_are_asked() {
    const auto some = lists({"a.example"}, {"w.example"}, {"n.example"});
    subject_.helo = "mx.example.com";
    some->ask(subject_, patience(), {.dnsbl = false, .rhsbl = false});
    some->ask(subject_, patience(), {.dnswl = false, .rhsbl = false});
    some->ask(subject_, patience(), {.dnsbl = false, .dnswl = false});
    assert_texts({"7.2.0.192.w.example"}, dns_->calls.at(0));
    assert_texts({"7.2.0.192.a.example"}, dns_->calls.at(1));
    assert_texts({"mx.example.com.n.example"}, dns_->calls.at(2));
  }

  void nobody_waits_for_more_than_decides() {
    const auto some = lists({"a.example:2", "b.example", "c.example"});
    dns_->list("7.2.0.192.a.example");
    const auto found = ask(*some, [](const ListSums& sums) { return sums.blocked >= 2; });
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->answered);
    CPPUNIT_ASSERT_EQUAL(2U, found.sums.blocked);
    CPPUNIT_ASSERT_EQUAL(2U, found.sums.blocked_open);
    // The other way round: no more points can come.
    dns_->addresses.clear();
    ask(*some, [](const ListSums& sums) { return sums.blocked + sums.blocked_open < 2; });
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), dns_->answered);
  }

  void who_decides_sees_what_is_open() {
    const auto some = lists({"a.example:2", "b.example:3"}, {"w.example:4"}, {"n.example:7"});
    subject_.client_name = "x.example";
    subject_.helo = "y.example";
    dns_->list("7.2.0.192.w.example");
    dns_->list("7.2.0.192.a.example");
    dns_->failing.insert("7.2.0.192.b.example");
    dns_->list("y.example.n.example");
    dns_->order = {"7.2.0.192.w.example", "y.example.n.example", "7.2.0.192.b.example"};
    std::vector<std::string> seen;
    ask(*some, [&](const ListSums& sums) {
      seen.push_back(std::to_string(sums.blocked) + "+" + std::to_string(sums.blocked_open) + " " +
                     std::to_string(sums.white) + "+" + std::to_string(sums.white_open));
      return false;
    });
    assert_texts({"0+12 4+0", "7+5 4+0", "7+2 4+0", "9+0 4+0", "9+0 4+0"}, seen);
  }

  void a_list_that_was_not_waited_for_is_not_blamed() {
    const auto some = lists({"a.example", "b.example"});
    dns_->list("7.2.0.192.b.example");
    dns_->order = {"7.2.0.192.b.example"};
    for (int i = 0; i < 20; ++i) ask(*some, [](const ListSums& sums) { return sums.blocked > 0; });
    CPPUNIT_ASSERT(problem(*some).empty());
  }

  void who_had_little_time_blames_no_list() {
    const auto some = lists({"a.example"});
    dns_->failing.insert("7.2.0.192.a.example");
    for (int i = 0; i < 20; ++i) some->ask(subject_, Deadline(Milliseconds(500)), {});
    CPPUNIT_ASSERT(problem(*some).empty());
    // But who had enough to get a wrong answer does.
    dns_->failing.clear();
    dns_->list("7.2.0.192.a.example", "192.0.2.1");
    some->ask(subject_, Deadline(Milliseconds(500)), {});
    CPPUNIT_ASSERT(!problem(*some).empty());
  }

  void errors_are_no_hits_and_set_the_list_aside() {
    for (const char* answer : {"127.255.255.254", "192.0.2.1", "127.0.0.1"}) {
      const auto some = lists({"a.example", "b.example"});
      dns_->addresses = {{"7.2.0.192.a.example", {answer}}, {"7.2.0.192.b.example", {"127.0.0.2"}}};
      const auto found = ask(*some);
      assert_texts({"dnsbl b.example 192.0.2.7 127.0.0.2 1"}, texts(found));
      CPPUNIT_ASSERT_EQUAL(0U, found.sums.blocked_open);
      CPPUNIT_ASSERT(problem(*some).ends_with(answer) || problem(*some).find(answer) != std::string::npos);
      dns_->calls.clear();
      ask(*some);
      assert_texts({"7.2.0.192.b.example"}, dns_->calls.at(0));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), log_.lines.size());
  }

  void a_list_that_does_not_answer_is_open_and_then_set_aside() {
    const auto some = lists({"a.example:2"});
    dns_->failing.insert("7.2.0.192.a.example");
    for (int i = 0; i < 5; ++i) {
      CPPUNIT_ASSERT(problem(*some).empty());
      CPPUNIT_ASSERT_EQUAL(2U, ask(*some).sums.blocked_open);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("it does not answer: SERVFAIL"), problem(*some));
    CPPUNIT_ASSERT_EQUAL(0U, ask(*some).sums.blocked_open);
    CPPUNIT_ASSERT_EQUAL(std::size_t(5), dns_->calls.size());
  }

  void tests_ask_all_that_are_due_at_once() {
    const auto some = lists({"a.example"}, {"w.example"}, {"n.example"});
    for (const char* zone : {"a.example", "w.example", "n.example"}) dns_->zone(zone);
    some->test(patience());
    some->test(patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->calls.size());
    CPPUNIT_ASSERT_EQUAL(std::size_t(4 + 4 + 3), dns_->calls[0].size());
    for (const auto& status : some->status()) CPPUNIT_ASSERT_EQUAL(std::string(), status.problem);
    CPPUNIT_ASSERT(log_.lines.empty());
    pass(Seconds(3600));
    some->test(patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), dns_->calls.size());
  }

  void a_list_that_lists_everything_is_set_aside_until_it_does_not() {
    const auto some = lists({"b.example"}, {"a.example"});
    dns_->zone("b.example");
    for (const char* name : {"1.0.0.127", "2.0.0.127", "7.2.0.192"})
      dns_->list(std::string(name) + ".a.example");
    some->test(patience());
    CPPUNIT_ASSERT_EQUAL(std::string("it lists everything: 1.0.0.127 as well"), some->status().at(1).problem);
    CPPUNIT_ASSERT_EQUAL(std::string(), some->status().at(0).problem);
    CPPUNIT_ASSERT(ask(*some).hits.empty());
    dns_->addresses.erase("1.0.0.127.a.example");
    CPPUNIT_ASSERT(ask(*some).hits.empty());
    pass(Seconds(120));
    some->test(patience());
    assert_texts({"dnswl a.example 192.0.2.7 127.0.0.2 1"}, texts(ask(*some)));
  }

  void a_reload_keeps_what_is_known_of_a_list() {
    const auto some = lists({"a.example", "b.example"});
    for (const char* zone : {"a.example", "b.example"})
      dns_->list("7.2.0.192." + std::string(zone), "192.0.2.1");
    ask(*some);
    some->reconfigure({specs({"a.example=127.0.0.2:9"}), specs({"b.example"}), {}}, dns_);
    const auto status = some->status();
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), status.size());
    CPPUNIT_ASSERT(!status[0].problem.empty());
    // As another kind it is another list.
    CPPUNIT_ASSERT(status[1].problem.empty() && status[1].kind == ListKind::White);
    some->reconfigure({}, dns_);
    CPPUNIT_ASSERT(some->status().empty());
    some->reconfigure({specs({"a.example"}), {}, {}}, dns_);
    CPPUNIT_ASSERT(problem(*some).empty());
  }

  void a_reload_asks_the_new_resolver() {
    const auto some = lists({"a.example"});
    const auto other = std::make_shared<OrderedDns>();
    other->zone("a.example");
    some->reconfigure({specs({"a.example"}), {}, {}}, other);
    ask(*some);
    some->test(patience());
    listed(*some, {"a.example"});
    CPPUNIT_ASSERT(dns_->calls.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t(3), other->calls.size());
  }

  void rules_may_ask_any_list() {
    const auto some = lists({});
    CPPUNIT_ASSERT(listed(*some, {"Z.Example."}) == false);
    dns_->list("7.2.0.192.z.example", "127.0.0.9");
    CPPUNIT_ASSERT(listed(*some, {"z.example"}) == true);
    assert_texts({"7.2.0.192.z.example"}, dns_->calls.at(1));
    dns_->addresses.clear();
    dns_->failing.insert("7.2.0.192.z.example");
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT(listed(*some, {"z.example"}) == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::string("it does not answer: SERVFAIL"), problem(*some));
    dns_->failing.clear();
    CPPUNIT_ASSERT(listed(*some, {"z.example"}) == std::nullopt);
    dns_->zone("z.example");
    pass(Seconds(60));
    some->test(patience());
    CPPUNIT_ASSERT(listed(*some, {"z.example"}) == false);
    // It says nothing about the reputation of anybody.
    dns_->list("7.2.0.192.z.example");
    CPPUNIT_ASSERT(ask(*some).hits.empty());
  }

  void one_list_that_lists_is_enough_for_a_rule() {
    const auto some = lists({});
    dns_->list("7.2.0.192.b.example");
    dns_->failing.insert("7.2.0.192.c.example");
    CPPUNIT_ASSERT(listed(*some, {"a.example", "b.example", "c.example"}) == true);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), dns_->answered);
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), dns_->calls.size());
    CPPUNIT_ASSERT(listed(*some, {"a.example", "c.example"}) == std::nullopt);
    CPPUNIT_ASSERT(listed(*some, {"a.example", "d.example"}) == false);
    CPPUNIT_ASSERT(listed(*some, {}) == false);
  }

  void rules_share_what_is_known_of_a_configured_list() {
    const auto some = lists({}, {"w.example=127.0.0.3"}, {"w.example"});
    dns_->list("7.2.0.192.w.example", "127.0.0.2");
    CPPUNIT_ASSERT(listed(*some, {"w.example"}) == false);
    dns_->addresses["7.2.0.192.w.example"] = {"127.0.0.3"};
    CPPUNIT_ASSERT(listed(*some, {"w.example"}) == true);
    dns_->addresses["7.2.0.192.w.example"] = {"10.0.0.1"};
    CPPUNIT_ASSERT(listed(*some, {"w.example"}) == std::nullopt);
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), some->status().size());
    CPPUNIT_ASSERT(!problem(*some).empty());
  }

  void lists_that_rules_do_not_ask_any_more_are_forgotten() {
    const auto some = lists({});
    listed(*some, {"a.example"});
    listed(*some, {"b.example"});
    pass(Seconds(80000));
    listed(*some, {"b.example"});
    some->test(patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t(2), some->status().size());
    pass(Seconds(10000));
    some->test(patience());
    CPPUNIT_ASSERT_EQUAL(std::size_t(1), some->status().size());
    CPPUNIT_ASSERT_EQUAL(std::string("b.example"), some->status()[0].zone);
    for (int i = 0; i < 2000; ++i) listed(*some, {"z" + std::to_string(i) + ".example"});
    CPPUNIT_ASSERT_EQUAL(std::size_t(1000), some->status().size());
  }

  void what_is_no_zone_lists_nobody() {
    const auto some = lists({});
    for (const char* zone : {"", "a..b", "192.0.2.1", "a/b.example"})
      CPPUNIT_ASSERT(listed(*some, {zone}) == std::nullopt);
    CPPUNIT_ASSERT(dns_->calls.empty());
    CPPUNIT_ASSERT(some->status().empty());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DnsListsTest);
