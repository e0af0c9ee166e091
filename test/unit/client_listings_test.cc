// SPDX-License-Identifier: BSD-2-Clause
#include "policies/client_listings.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "store/state/memory_store.h"
#include "test/steady_clock_shift.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

class NoLog final : public Log {
 public:
  bool wants(Severity) const override { return false; }
  void write(Event, std::span<const Field>) override {}
};

// Answers with the addresses that names have; those in `silent` never.
class FakeDns final : public Resolver {
 public:
  std::map<std::string, std::string> addresses;
  std::string silent = "-";
  std::vector<std::string> asked;

  using Resolver::resolve;
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline deadline) override {
    return resolve(questions, deadline, [](auto) { return false; });
  }
  std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline,
                                 const Enough& enough) override {
    std::vector<std::optional<DnsAnswer>> answers(questions.size());
    for (std::size_t i = 0; i < questions.size(); ++i) {
      asked.push_back(questions[i].name);
      if (!questions[i].name.ends_with(silent)) answers[i] = answer(questions[i].name);
    }
    waited = !enough(answers);
    std::vector<DnsAnswer> out;
    for (auto& each : answers) out.push_back(each.value_or(DnsAnswer{.problem = "no answer in time"}));
    return out;
  }
  bool waited = false;

 private:
  DnsAnswer answer(const std::string& name) const {
    const auto found = addresses.find(name);
    if (found == addresses.end()) return {.status = DnsAnswer::Status::NoName};
    return {.status = DnsAnswer::Status::Found, .addresses = {*IpAddress::parse(found->second)}};
  }
};

}  // namespace

class ClientListingsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ClientListingsTest);
  CPPUNIT_TEST(lists_are_asked_once_a_message);
  CPPUNIT_TEST(what_is_known_of_an_address_is_not_asked_again);
  CPPUNIT_TEST(a_list_with_two_weights_is_remembered_with_those_that_count);
  CPPUNIT_TEST(what_a_list_said_that_is_found_out_is_not_believed);
  CPPUNIT_TEST(another_configuration_asks_again);
  CPPUNIT_TEST(a_list_that_is_silent_does_not_hold_up_what_is_decided);
  CPPUNIT_TEST(what_is_open_is_not_remembered);
  CPPUNIT_TEST(names_are_asked_about_and_not_remembered);
  CPPUNIT_TEST(a_dead_store_is_one_that_knows_nothing);
  CPPUNIT_TEST_SUITE_END();

  NoLog log_;
  ReputationSettings settings_;
  std::shared_ptr<FakeDns> dns_;
  std::shared_ptr<MemoStore> store_;
  Message message_;

  Listings listings() {
    const auto lists = std::make_shared<DnsLists>(
        DnsListsSettings{.dnsbl = settings_.dnsbl, .dnswl = settings_.dnswl, .rhsbl = settings_.rhsbl}, dns_,
        log_);
    dns_->asked.clear();
    Findings findings;
    return ClientListings(settings_, lists, store_).of(message_.facts(), findings);
  }

 public:
  void setUp() override {
    settings_ = {};
    settings_.dnsbl = {parse_list_spec("bl.example:2"), parse_list_spec("other.example")};
    settings_.dnswl = {parse_list_spec("wl.example")};
    dns_ = std::make_shared<FakeDns>();
    store_ = std::make_shared<MemoryStore>();
    message_ = {};
  }

  void lists_are_asked_once_a_message() {
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    const auto lists = std::make_shared<DnsLists>(
        DnsListsSettings{.dnsbl = settings_.dnsbl, .dnswl = {}, .rhsbl = {}}, dns_, log_);
    settings_.remember = Seconds(0);
    const ClientListings asked(settings_, lists, store_);
    Findings findings;
    CPPUNIT_ASSERT_EQUAL(2U, weight_of(asked.of(message_.facts(), findings).blocked));
    const std::size_t once = dns_->asked.size();
    CPPUNIT_ASSERT(once > 0);
    asked.of(message_.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(once, dns_->asked.size());
    findings = {};
    asked.of(message_.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(2 * once, dns_->asked.size());
  }

  void what_is_known_of_an_address_is_not_asked_again() {
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    dns_->addresses["7.2.0.192.wl.example"] = "127.0.5.1";
    for (const bool again : {false, true}) {
      const Listings found = listings();
      CPPUNIT_ASSERT_EQUAL(again, dns_->asked.empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, found.white.size());
      CPPUNIT_ASSERT_EQUAL(std::string("wl.example"), found.white[0].zone);
      CPPUNIT_ASSERT_EQUAL(std::string("127.0.5.1"), found.white[0].answer);
      CPPUNIT_ASSERT_EQUAL(2U, weight_of(found.blocked));
    }
    message_.now += Seconds(3601);
    listings();
    CPPUNIT_ASSERT(!dns_->asked.empty());
    // One that is on no list is known as well.
    message_.session.client = IpAddress::parse("2001:db8::7");
    listings();
    CPPUNIT_ASSERT(!dns_->asked.empty());
    CPPUNIT_ASSERT(listings().blocked.empty());
    CPPUNIT_ASSERT(dns_->asked.empty());
  }

  void a_list_with_two_weights_is_remembered_with_those_that_count() {
    settings_.dnsbl = {parse_list_spec("bl.example=127.0.0.4:3"), parse_list_spec("bl.example=127.0.0.10:5"),
                       parse_list_spec("bl.example")};
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    for (const bool again : {false, true}) {
      const Listings found = listings();
      CPPUNIT_ASSERT_EQUAL(again, dns_->asked.empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, found.blocked.size());
      CPPUNIT_ASSERT_EQUAL(4U, weight_of(found.blocked));
    }
  }

  void what_a_list_said_that_is_found_out_is_not_believed() {
    for (const char* name : {"7.2.0.192.bl.example", "2.0.0.127.bl.example", "2.0.0.127.other.example"})
      dns_->addresses[name] = "127.0.0.2";
    const auto lists = std::make_shared<DnsLists>(
        DnsListsSettings{.dnsbl = settings_.dnsbl, .dnswl = settings_.dnswl, .rhsbl = {}}, dns_, log_);
    const ClientListings asked(settings_, lists, store_);
    const auto weight = [&] {
      Findings findings;
      return weight_of(asked.of(message_.facts(), findings).blocked);
    };
    CPPUNIT_ASSERT_EQUAL(2U, weight());
    dns_->silent = "example";
    lists->test(Deadline(Seconds(1)));
    CPPUNIT_ASSERT(!lists->status().at(0).problem.empty());
    CPPUNIT_ASSERT_EQUAL(2U, weight());
    // What the one that is found out said is gone, and the other is asked.
    dns_->silent = "-";
    dns_->addresses["1.0.0.127.bl.example"] = "127.0.0.2";
    dns_->addresses["7.2.0.192.other.example"] = "127.0.0.2";
    SteadyClockShift::advance(ListHealth::kEvery);
    lists->test(Deadline(Seconds(1)));
    CPPUNIT_ASSERT_EQUAL(1U, weight());
    dns_->silent = "bl.example";
    SteadyClockShift::advance(ListHealth::kEvery);
    lists->test(Deadline(Seconds(1)));
    CPPUNIT_ASSERT_EQUAL(1U, weight());
  }

  void another_configuration_asks_again() {
    listings();
    settings_.dnsbl.pop_back();
    listings();
    CPPUNIT_ASSERT(!dns_->asked.empty());
    settings_.dnsbl_threshold = 2;
    listings();
    CPPUNIT_ASSERT(!dns_->asked.empty());
    settings_.remember = Seconds(0);
    listings();
    CPPUNIT_ASSERT(!dns_->asked.empty());
  }

  void a_list_that_is_silent_does_not_hold_up_what_is_decided() {
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    dns_->silent = "other.example";
    listings();
    CPPUNIT_ASSERT(!dns_->waited);
    // It might be the other one's word that counts.
    settings_.dnsbl_threshold = 3;
    listings();
    CPPUNIT_ASSERT(dns_->waited);
    settings_.dnsbl_threshold = 4;
    listings();
    CPPUNIT_ASSERT(!dns_->waited);
    // For a refusal each point counts, and a whitelist may still vouch.
    settings_.dnsbl_threshold = 1;
    settings_.reject_threshold = 9;
    listings();
    CPPUNIT_ASSERT(dns_->waited);
    settings_.reject_threshold = 0;
    dns_->silent = "wl.example";
    settings_.remember = Seconds(0);
    listings();
    CPPUNIT_ASSERT(dns_->waited);
    // One that vouches decides alone.
    dns_->silent = "bl.example";
    dns_->addresses["7.2.0.192.wl.example"] = "127.0.5.1";
    listings();
    CPPUNIT_ASSERT(!dns_->waited);
  }

  void what_is_open_is_not_remembered() {
    dns_->silent = "bl.example";
    listings();
    dns_->silent = "-";
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    CPPUNIT_ASSERT_EQUAL(2U, weight_of(listings().blocked));
  }

  void names_are_asked_about_and_not_remembered() {
    settings_.rhsbl = {parse_list_spec("names.example")};
    dns_->addresses["example.com.names.example"] = "127.0.1.2";
    CPPUNIT_ASSERT_EQUAL(1U, weight_of(listings().blocked));
    message_.envelope.sender = Address::parse("<a@example.org>");
    CPPUNIT_ASSERT(listings().blocked.empty());
    CPPUNIT_ASSERT(!dns_->asked.empty());
    for (const auto& name : dns_->asked) CPPUNIT_ASSERT_MESSAGE(name, name.ends_with(".names.example"));
    // Nobody asks about a client that a whitelist vouches for.
    message_.session.client = IpAddress::parse("192.0.2.8");
    dns_->addresses["8.2.0.192.wl.example"] = "127.0.5.1";
    listings();
    listings();
    CPPUNIT_ASSERT(dns_->asked.empty());
  }

  void a_dead_store_is_one_that_knows_nothing() {
    const auto dead = std::make_shared<FakeStore>();
    dead->down = true;
    store_ = dead;
    dns_->addresses["7.2.0.192.bl.example"] = "127.0.0.4";
    for (int i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT_EQUAL(2U, weight_of(listings().blocked));
      CPPUNIT_ASSERT(!dns_->asked.empty());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ClientListingsTest);
