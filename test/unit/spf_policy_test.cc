// SPDX-License-Identifier: BSD-2-Clause
#include "policies/spf_policy.h"

#include <cppunit/extensions/HelperMacros.h>

#include <map>

#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

constexpr SpfResult kResults[] = {SpfResult::None,     SpfResult::Neutral,  SpfResult::Pass,
                                  SpfResult::Fail,     SpfResult::Softfail, SpfResult::Temperror,
                                  SpfResult::Permerror};

class FakeEngine final : public SpfEngine {
 public:
  SpfResult helo = SpfResult::None;
  SpfResult sender = SpfResult::None;
  std::string explanation;
  mutable int asked = 0;
  mutable std::vector<std::string> steps;  // what was expected and checked: "expect helo", "check sender"
  SpfOutcome check(const SpfQuery& query, TimePoint, Deadline) const override {
    ++asked;
    const bool by_helo = query.identity == SpfIdentity::Helo;
    steps.emplace_back(by_helo ? "check helo" : "check sender");
    return {.result = by_helo ? helo : sender,
            .identity = query.identity,
            .domain = by_helo ? query.helo : query.sender.domain(),
            .problem = "a problem",
            .explanation = explanation};
  }
  void expect(const SpfQuery& query) const override {
    steps.emplace_back(query.identity == SpfIdentity::Helo ? "expect helo" : "expect sender");
  }
};

Action action(std::string_view text) {
  constexpr std::string_view kNames[] = {"reason", "explanation", "domain", "client"};
  return {text, "451 4.7.24 later", "550 5.7.23 never", kNames};
}

}  // namespace

class SpfPolicyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SpfPolicyTest);
  CPPUNIT_TEST(helo_decides_by_fail_alone_and_the_sender_otherwise);
  CPPUNIT_TEST(without_check_helo_only_the_sender_is_asked);
  CPPUNIT_TEST(the_null_sender_is_judged_by_helo_in_full);
  CPPUNIT_TEST(each_result_has_its_action);
  CPPUNIT_TEST(the_reply_says_what_was_found);
  CPPUNIT_TEST(both_records_are_asked_for_before_either_is_waited_for);
  CPPUNIT_TEST(what_a_check_begins_with_can_be_begun_before);
  CPPUNIT_TEST(a_message_is_checked_once);
  CPPUNIT_TEST(exempt_mail_is_not_checked);
  CPPUNIT_TEST(actions_are_read_and_written_back);
  CPPUNIT_TEST(with_opt_in_actions_are_for_domains_that_want_them);
  CPPUNIT_TEST_SUITE_END();

  std::shared_ptr<FakeEngine> engine_;
  std::shared_ptr<FakePolicyDb> db_ = std::make_shared<FakePolicyDb>();
  Message message_;
  Findings findings_;

  static SpfSettings rules() {
    return {.apply = Apply::All,
            .check_helo = true,
            .on_pass = action("accept"),
            .on_fail = action("reject"),
            .on_softfail = action("greylist"),
            .on_neutral = action("accept"),
            .on_none = action("greylist"),
            .on_temperror = action("defer"),
            .on_permerror = action("reject 550 5.5.2 {reason}|{explanation}|{domain}|{client}"),
            .timeout = Milliseconds(5000),
            .trusted_relays = {*Network::parse("203.0.113.0/24")}};
  }

  Verdict judge(const SpfSettings& how = rules()) {
    const auto check = std::make_shared<SpfCheck>(how, "", engine_);
    return SpfPolicy(how, check, db_).judge(message_.facts(), findings_);
  }

 public:
  void setUp() override {
    engine_ = std::make_shared<FakeEngine>();
    message_ = Message();
    findings_ = Findings();
  }

  // CHAPPS' table of 7 by 7 results.
  void helo_decides_by_fail_alone_and_the_sender_otherwise() {
    for (const auto helo : kResults) {
      for (const auto sender : kResults) {
        findings_ = Findings();
        engine_->helo = helo;
        engine_->sender = sender;
        judge();
        const bool by_helo = helo == SpfResult::Fail;
        CPPUNIT_ASSERT(findings_.spf->result == (by_helo ? SpfResult::Fail : sender));
        CPPUNIT_ASSERT(findings_.spf->identity == (by_helo ? SpfIdentity::Helo : SpfIdentity::Mailfrom));
      }
    }
  }

  void without_check_helo_only_the_sender_is_asked() {
    engine_->helo = SpfResult::Fail;
    engine_->sender = SpfResult::Pass;
    auto how = rules();
    how.check_helo = false;
    judge(how);
    CPPUNIT_ASSERT(findings_.spf->result == SpfResult::Pass);
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
  }

  void the_null_sender_is_judged_by_helo_in_full() {
    message_.envelope.sender = Address::parse("<>");
    for (const bool check_helo : {true, false}) {
      for (const auto helo : kResults) {
        findings_ = Findings();
        engine_->asked = 0;
        engine_->helo = helo;
        auto how = rules();
        how.check_helo = check_helo;
        judge(how);
        CPPUNIT_ASSERT(findings_.spf->result == helo);
        CPPUNIT_ASSERT(findings_.spf->identity == SpfIdentity::Helo);
        CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
      }
    }
  }

  void each_result_has_its_action() {
    const struct {
      SpfResult result;
      const char* verdict;
      const char* enhanced;
      bool greylist;
    } table[] = {
        {SpfResult::Pass, "pass", "", false},
        {SpfResult::Fail, "reject", "5.7.23", false},
        {SpfResult::Softfail, "pass", "", true},
        {SpfResult::Neutral, "pass", "", false},
        {SpfResult::None, "pass", "", true},
        {SpfResult::Temperror, "defer", "4.7.24", false},
        {SpfResult::Permerror, "reject", "5.5.2", false},
    };
    for (const auto& row : table) {
      findings_ = Findings();
      engine_->sender = row.result;
      const Verdict verdict = judge();
      CPPUNIT_ASSERT_EQUAL(std::string(row.verdict), std::string(to_string(verdict.kind())));
      CPPUNIT_ASSERT_EQUAL(std::string(to_string(row.result)), std::string(verdict.reason()));
      CPPUNIT_ASSERT_EQUAL(row.greylist, findings_.must_greylist);
      if (verdict.refuses()) CPPUNIT_ASSERT_EQUAL(std::string(row.enhanced), verdict.reply().enhanced());
    }
  }

  void the_reply_says_what_was_found() {
    engine_->sender = SpfResult::Permerror;
    CPPUNIT_ASSERT_EQUAL(
        std::string("the SPF record of example.com is wrong: a problem||example.com|192.0.2.7"),
        judge().reply().text());
    findings_ = Findings();
    engine_->explanation = "Go away%\r\n";
    CPPUNIT_ASSERT_EQUAL(std::string("the SPF record of example.com is wrong: a problem|"
                                     "The domain example.com explains: Go away%\?\?|example.com|192.0.2.7"),
                         judge().reply().text());
  }

  void both_records_are_asked_for_before_either_is_waited_for() {
    judge();
    CPPUNIT_ASSERT((std::vector<std::string>{"expect helo", "expect sender", "check helo", "check sender"} ==
                    engine_->steps));
  }

  void what_a_check_begins_with_can_be_begun_before() {
    const auto steps_of = [&](const SpfSettings& how) {
      engine_->steps.clear();
      const Facts facts = message_.facts();
      SpfCheck(how, "mx.example.com", engine_).expect(facts, findings_);
      return engine_->steps;
    };
    const std::vector<std::string> helo{"expect helo"};
    const std::vector<std::string> sender{"expect sender"};
    const std::vector<std::string> both{"expect helo", "expect sender"};
    const std::vector<std::string> nothing;
    auto without_helo = rules();
    without_helo.check_helo = false;
    CPPUNIT_ASSERT(steps_of(rules()) == both);
    CPPUNIT_ASSERT(steps_of(without_helo) == sender);
    message_.session.trusted = true;
    CPPUNIT_ASSERT(steps_of(rules()) == nothing);
    message_.session.trusted = false;
    message_.envelope.sender = Address::parse("");
    CPPUNIT_ASSERT(steps_of(without_helo) == helo);
    findings_.spf.emplace();
    CPPUNIT_ASSERT(steps_of(rules()) == nothing);
  }

  void a_message_is_checked_once() {
    judge();
    const int once = engine_->asked;
    judge();
    CPPUNIT_ASSERT_EQUAL(once, engine_->asked);
  }

  void exempt_mail_is_not_checked() {
    engine_->sender = SpfResult::Fail;
    const auto passes = [&](const SpfSettings& how) {
      CPPUNIT_ASSERT(judge(how).kind() == Verdict::Kind::Pass);
      CPPUNIT_ASSERT(!findings_.spf);
    };
    auto never = rules();
    never.apply = Apply::Never;
    passes(never);
    message_.session.trusted = true;
    passes(rules());
    message_ = Message();
    message_.session.client.reset();
    passes(rules());
    message_ = Message();
    message_.session.client = IpAddress::parse("203.0.113.9");
    passes(rules());
    CPPUNIT_ASSERT_EQUAL(0, engine_->asked);
  }

  void actions_are_read_and_written_back() {
    const struct {
      const char* in;
      const char* out;
    } table[] = {
        {"accept", "accept"},
        {"greylist", "greylist"},
        {"defer", "defer 451 4.7.24 later"},
        {"reject", "reject 550 5.7.23 never"},
        {"reject  Bad {domain}", "reject 550 5.7.23 Bad {domain}"},
        {"defer 450 4.4.3 Later", "defer 450 4.4.3 Later"},
    };
    for (const auto& row : table) CPPUNIT_ASSERT_EQUAL(std::string(row.out), action(row.in).source());
    for (const char* text :
         {"", "ok", "accept it", "reject 450 4.7.1 x", "defer 550 x", "reject {x}", "Accept", "greylist now"})
      CPPUNIT_ASSERT_THROW_MESSAGE(text, action(text), std::invalid_argument);
  }

  // CHAPPS' check_spf: the header is for all, the action for those who asked for it.
  void with_opt_in_actions_are_for_domains_that_want_them() {
    auto how = rules();
    how.apply = Apply::OptIn;
    db_->domains["example.org"] = {.known = true, .of = "example.net", .greylist = false, .check_spf = true};
    const auto judge_for = [&](const char* recipient) {
      message_.rcpt = Address::parse(recipient);
      return judge(how);
    };
    engine_->helo = SpfResult::Fail;
    CPPUNIT_ASSERT(!judge_for("bob@example.net").refuses());
    CPPUNIT_ASSERT(findings_.spf->result == SpfResult::Fail);
    CPPUNIT_ASSERT(judge_for("bob@example.org").refuses());
    CPPUNIT_ASSERT_EQUAL(1, engine_->asked);
    findings_ = Findings();
    engine_->helo = SpfResult::None;
    engine_->sender = SpfResult::Softfail;
    judge_for("bob@example.org");
    CPPUNIT_ASSERT(findings_.must_greylist);
    db_->down = true;
    CPPUNIT_ASSERT_THROW(judge_for("bob@example.org"), BackendError);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SpfPolicyTest);
