// SPDX-License-Identifier: BSD-2-Clause
#include "policies/reputation.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

class FakeEngine final : public SpfEngine {
 public:
  SpfResult result = SpfResult::None;
  bool names_client = true;
  mutable int asked = 0;
  SpfOutcome check(const SpfQuery& query, TimePoint, Deadline) const override {
    ++asked;
    return {.result = result, .domain = query.sender.domain(), .names_client = names_client};
  }
};

}  // namespace

class ReputationTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ReputationTest);
  CPPUNIT_TEST(a_host_with_its_own_name_is_clean);
  CPPUNIT_TEST(a_home_connection_is_suspicious);
  CPPUNIT_TEST(signs_add_up);
  CPPUNIT_TEST(spf_vouches_for_a_client_that_it_identifies);
  CPPUNIT_TEST(spf_is_asked_only_if_it_can_change_something);
  CPPUNIT_TEST(each_recipient_may_be_the_sender);
  CPPUNIT_TEST(the_admins_words_for_dynamic_names_count);
  CPPUNIT_TEST(a_threshold_refuses);
  CPPUNIT_TEST(trusted_mail_is_not_judged);
  CPPUNIT_TEST_SUITE_END();

  std::shared_ptr<FakeEngine> engine_;
  ReputationSettings settings_;
  Message message_;
  Findings findings_;

  Verdict judge() {
    SpfSettings spf;
    spf.check_helo = false;
    const auto check = std::make_shared<SpfCheck>(spf, "", engine_);
    return Reputation(settings_, "mx.example.net", check, ClientListings(settings_, nullptr, nullptr))
        .judge(message_.facts(), findings_);
  }
  std::string outcome() {
    findings_ = {};
    judge();
    return std::string(to_string(findings_.reputation->repute));
  }
  void at_home() {
    message_.session.client_name = "192-0-2-7.dsl.example.org";
    message_.session.helo = "ylmf-pc";
  }

 public:
  void setUp() override {
    engine_ = std::make_shared<FakeEngine>();
    settings_ = {};
    message_ = {};
    message_.session.name_check = NameCheck::Ok;
    findings_ = {};
  }

  void a_host_with_its_own_name_is_clean() {
    CPPUNIT_ASSERT_EQUAL(std::string("clean"), outcome());
    CPPUNIT_ASSERT_EQUAL(std::string(), findings_.reputation->signs);
    message_.session.helo = "other.example.com";
    CPPUNIT_ASSERT_EQUAL(std::string("clean"), outcome());
    CPPUNIT_ASSERT_EQUAL(std::string("helo-related:1"), findings_.reputation->signs);
  }

  void a_home_connection_is_suspicious() {
    at_home();
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated:2 dynamic-name:2"), findings_.reputation->signs);
    // Malware that knows its name.
    message_.session.helo = message_.session.client_name;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
    message_.session.name_check = NameCheck::Failed;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
  }

  void signs_add_up() {
    message_.session.helo = "other.example.com";
    engine_->result = SpfResult::Softfail;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
    CPPUNIT_ASSERT_EQUAL(std::string("helo-related:1 spf-softfail:1"), findings_.reputation->signs);
    settings_.points.set("spf-softfail=0");
    CPPUNIT_ASSERT_EQUAL(std::string("clean"), outcome());
    settings_.threshold = 1;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
  }

  void spf_vouches_for_a_client_that_it_identifies() {
    at_home();
    engine_->result = SpfResult::Pass;
    CPPUNIT_ASSERT_EQUAL(std::string("clean"), outcome());
    CPPUNIT_ASSERT_EQUAL(std::string("helo-unrelated:2 dynamic-name:2"), findings_.reputation->signs);
    engine_->names_client = false;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
    engine_->names_client = true;
    settings_.spf_vouches = false;
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
  }

  void spf_is_asked_only_if_it_can_change_something() {
    settings_.points.set("spf-fail=1");
    outcome();  // no points: a fail would not be enough
    CPPUNIT_ASSERT_EQUAL(0, engine_->asked);
    message_.session.helo = "other.example.com";
    outcome();
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
    at_home();
    settings_.spf_vouches = false;
    outcome();
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
    settings_.reject_threshold = 5;
    outcome();
    CPPUNIT_ASSERT_EQUAL(2, engine_->asked);
  }

  void each_recipient_may_be_the_sender() {
    message_.session.helo = "other.example.com";
    message_.rcpt = Address::parse("<Alice+tag@example.com>");
    CPPUNIT_ASSERT_EQUAL(std::string("suspicious"), outcome());
    message_.rcpt = Address::parse("<bob@example.net>");
    judge();
    CPPUNIT_ASSERT(findings_.reputation->repute == Repute::Clean);
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);  // not again for the second recipient of a message
  }

  void the_admins_words_for_dynamic_names_count() {
    const auto signs = [this](const char* name) {
      message_.session.client_name = message_.session.helo = name;
      outcome();
      return findings_.reputation->signs;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("dynamic-name:2"), signs("192-0-2-7.dsl.example.org"));
    settings_.static_names = R"(\.DSL\.example\.org$)";
    CPPUNIT_ASSERT_EQUAL(std::string(), signs("192-0-2-7.dsl.example.org"));
    settings_.dynamic_names = "lamp|office";
    CPPUNIT_ASSERT_EQUAL(std::string("dynamic-name:2"), signs("Lamp.example.net"));
    CPPUNIT_ASSERT_EQUAL(std::string(), signs("192-0-2-7.dsl.example.net"));
    CPPUNIT_ASSERT_EQUAL(std::string(), signs("lamp.dsl.example.org"));
  }

  void a_threshold_refuses() {
    at_home();
    CPPUNIT_ASSERT(!judge().refuses());
    settings_.reject_threshold = 4;
    const Verdict verdict = judge();
    CPPUNIT_ASSERT(verdict.kind() == Verdict::Kind::Reject);
    CPPUNIT_ASSERT_EQUAL(550, verdict.reply().code());
    CPPUNIT_ASSERT_EQUAL(std::string("Refused for the reputation of 192.0.2.7 (k3f9x0a2.1)"),
                         verdict.reply().text());
    settings_.reject_threshold = 5;
    CPPUNIT_ASSERT(!judge().refuses());
    settings_.reject_threshold = 4;
    findings_ = {};
    engine_->result = SpfResult::Pass;
    CPPUNIT_ASSERT(!judge().refuses());
  }

  void trusted_mail_is_not_judged() {
    at_home();
    message_.session.trusted = true;
    CPPUNIT_ASSERT(judge().reason().empty());
    CPPUNIT_ASSERT(!findings_.reputation);
    message_.session.trusted = false;
    message_.session.client.reset();
    judge();
    CPPUNIT_ASSERT(!findings_.reputation);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ReputationTest);
