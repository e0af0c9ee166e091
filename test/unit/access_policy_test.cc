// SPDX-License-Identifier: BSD-2-Clause
#include "policies/access.h"

#include <cppunit/extensions/HelperMacros.h>

#include "test/steady_clock_shift.h"
#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

class FakeLists final : public AddressLists {
 public:
  std::optional<bool> answer = true;
  std::vector<std::string> asked;
  bool silent = false;  // waits as long as it may
  std::optional<bool> listed(const IpAddress& address, std::span<const std::string> zones,
                             Deadline deadline) override {
    for (const auto& zone : zones) asked.push_back(address.text() + " " + zone);
    if (silent) SteadyClockShift::advance(deadline.left());
    if (silent) return std::nullopt;
    return answer;
  }
};

class FakeEngine final : public SpfEngine {
 public:
  mutable int asked = 0;
  SpfOutcome check(const SpfQuery&, TimePoint, Deadline) const override {
    ++asked;
    return {.result = SpfResult::Softfail};
  }
};

}  // namespace

class AccessPolicyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AccessPolicyTest);
  CPPUNIT_TEST(each_action_is_carried_out);
  CPPUNIT_TEST(what_monitors_only_names_the_rule);
  CPPUNIT_TEST(without_a_rule_it_has_nothing_to_say);
  CPPUNIT_TEST(a_message_is_not_refused_before_its_recipients);
  CPPUNIT_TEST(dns_is_asked_about_this_client_and_once);
  CPPUNIT_TEST(lists_that_do_not_answer_leave_time_for_the_store);
  CPPUNIT_TEST(a_hostile_sender_is_harmless_in_a_reply);
  CPPUNIT_TEST_SUITE_END();

  std::shared_ptr<AccessRules> rules_ = std::make_shared<AccessRules>();
  std::shared_ptr<FakeLists> lists_ = std::make_shared<FakeLists>();
  std::shared_ptr<FakeEngine> engine_ = std::make_shared<FakeEngine>();
  Message message_;
  Findings findings_;

  Verdict judge(const std::string& rule, Stage stage = Stage::Rcpt, Mode mode = Mode::Enforce) {
    AccessRule made = parse_access_rule(rule);
    made.source = "#7";
    rules_->set_database({made});
    SpfSettings spf;
    spf.check_helo = false;
    const auto check = std::make_shared<const SpfCheck>(spf, "", engine_);
    const Facts all = message_.facts();
    const Address* rcpt = stage == Stage::Rcpt ? all.rcpt : nullptr;
    const Facts facts{all.session, all.envelope, rcpt, all.now, all.deadline, all.ref};
    return Access(stage, Direction::Inbound, mode, {rules_, check, lists_}).judge(facts, findings_);
  }

 public:
  void each_action_is_carried_out() {
    CPPUNIT_ASSERT(judge("accept-all").kind() == Verdict::Kind::Allow);
    CPPUNIT_ASSERT(findings_.access.skips == Skips::all());
    CPPUNIT_ASSERT_EQUAL(std::string("#7"), findings_.access.rule);
    CPPUNIT_ASSERT(judge("skip=spf").kind() == Verdict::Kind::Pass);
    CPPUNIT_ASSERT_EQUAL(std::string("spf"), to_string(findings_.access.skips));
    CPPUNIT_ASSERT(judge("greylist delay=90s").kind() == Verdict::Kind::Pass);
    CPPUNIT_ASSERT(findings_.access.skips.empty() && findings_.access.greylist);
    CPPUNIT_ASSERT(findings_.access.delay == Seconds(90));
    const Verdict deferred = judge("defer {client} {sender} {recipient} {ref}");
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7 alice@example.com bob@example.net k3f9x0a2.1"),
                         deferred.reply().text());
    CPPUNIT_ASSERT_EQUAL(451, deferred.reply().code());
    CPPUNIT_ASSERT(!findings_.access.greylist);
    CPPUNIT_ASSERT_EQUAL(550, judge("reject sender=example.com").reply().code());
    CPPUNIT_ASSERT_EQUAL(std::string("rule"), std::string(judge("reject").reason()));
  }

  void what_monitors_only_names_the_rule() {
    for (const char* rule : {"accept-all", "skip=spf", "greylist delay=5m"}) {
      CPPUNIT_ASSERT(judge(rule, Stage::Rcpt, Mode::Monitor).kind() == Verdict::Kind::Pass);
      CPPUNIT_ASSERT(findings_.access.skips.empty() && !findings_.access.greylist && !findings_.access.delay);
      CPPUNIT_ASSERT_EQUAL(std::string("#7"), findings_.access.rule);
    }
  }

  void without_a_rule_it_has_nothing_to_say() {
    const Verdict verdict = judge("reject client=198.51.100.1");
    CPPUNIT_ASSERT(!verdict.refuses() && verdict.reason().empty());
    CPPUNIT_ASSERT(findings_.access.rule.empty());
  }

  void a_message_is_not_refused_before_its_recipients() {
    CPPUNIT_ASSERT(!judge("reject", Stage::Mail).refuses());
    CPPUNIT_ASSERT(judge("skip=quota recipient=bob@example.net", Stage::Mail).reason().empty());
    CPPUNIT_ASSERT(!findings_.access_of_message.skips.has(Skip::Quota));
    judge("skip=quota", Stage::Mail);
    CPPUNIT_ASSERT(findings_.access_of_message.skips.has(Skip::Quota));
    CPPUNIT_ASSERT(findings_.access.skips.empty());
  }

  void dns_is_asked_about_this_client_and_once() {
    CPPUNIT_ASSERT(judge("reject listed=a.example,b.example spf=softfail").refuses());
    CPPUNIT_ASSERT(judge("reject spf=!pass").refuses());
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, lists_->asked.size());
    CPPUNIT_ASSERT_EQUAL(std::string("192.0.2.7 b.example"), lists_->asked[1]);
    message_.session.trusted = true;
    CPPUNIT_ASSERT(!judge("reject spf=!pass").refuses() && !judge("reject spf=softfail").refuses());
    lists_->answer.reset();
    CPPUNIT_ASSERT(!judge("reject listed=a.example").refuses());
    lists_.reset();
    CPPUNIT_ASSERT(!judge("reject listed=!a.example").refuses());
  }

  void lists_that_do_not_answer_leave_time_for_the_store() {
    std::vector<AccessRule> rules;
    for (const char* zone : {"a", "b", "c", "d", "e"})
      rules.push_back(parse_access_rule("reject listed=" + std::string(zone) + ".example"));
    rules_->set_files(rules);
    lists_->silent = true;
    const Facts facts = message_.facts();
    const Access access(Stage::Rcpt, Direction::Inbound, Mode::Enforce, {rules_, nullptr, lists_});
    CPPUNIT_ASSERT(!access.judge(facts, findings_).refuses());
    CPPUNIT_ASSERT_EQUAL(rules.size(), lists_->asked.size());
    CPPUNIT_ASSERT(facts.deadline.left() >= Milliseconds(500));
  }

  void a_hostile_sender_is_harmless_in_a_reply() {
    message_.envelope.sender = Address::parse("<\"%n{ref}\\\"\"@example.com>");
    CPPUNIT_ASSERT_EQUAL(std::string("\"%n{ref}\\\"\"@example.com"), judge("reject {sender}").reply().text());
    message_.envelope.sender = Address::parse("<" + std::string(1000, 'a') + "\r\n250 OK@example.com>");
    const std::string text = judge("reject {sender}").reply().text();
    CPPUNIT_ASSERT_EQUAL(Reply::kMaxText, text.size());
    CPPUNIT_ASSERT(text.find('\n') == std::string::npos);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AccessPolicyTest);
