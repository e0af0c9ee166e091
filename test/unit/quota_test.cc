// SPDX-License-Identifier: BSD-2-Clause
#include "policies/quota.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstdlib>
#include <ctime>

#include "test/unit/policy_fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;
using std::chrono::hours;
using std::chrono::minutes;

namespace {

// Local time for the length of a test.
class TimeZone {
 public:
  explicit TimeZone(const char* name) {
    setenv("TZ", name, 1);
    tzset();
  }
  ~TimeZone() {
    unsetenv("TZ");
    tzset();
  }
  TimeZone(const TimeZone&) = delete;
  TimeZone& operator=(const TimeZone&) = delete;
};

TimePoint at(std::int64_t seconds) { return from_millis(seconds * 1000); }

QuotaRules day_of(std::int64_t now, Seconds begins) {
  QuotaRules rules;
  set_day(rules, at(now), begins);
  return rules;
}

}  // namespace

class QuotaTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(QuotaTest);
  CPPUNIT_TEST(a_day_begins_when_the_rules_say);
  CPPUNIT_TEST(days_of_summer_time_are_as_long_as_they_are);
  CPPUNIT_TEST(limits_come_from_the_nearest_place);
  CPPUNIT_TEST(a_raise_holds_until_it_is_over);
  CPPUNIT_TEST(a_raise_of_everybody_is_for_who_has_nothing_nearer);
  CPPUNIT_TEST(an_allowance_is_one_look_up);
  CPPUNIT_TEST(what_is_charged_is_taken_back_once);
  CPPUNIT_TEST(what_can_never_pass_is_refused_for_good);
  CPPUNIT_TEST(one_round_trip_is_made);
  CPPUNIT_TEST(refused_mail_is_counted_at_data_only);
  CPPUNIT_TEST(who_is_over_quota_is_refused_though_the_store_is_full);
  CPPUNIT_TEST(while_the_store_is_down_a_notice_is_given_once_here);
  CPPUNIT_TEST_SUITE_END();

  // 2026-11-22 00:00:00 UTC
  static constexpr std::int64_t kMidnight = 1795305600;

  void a_day_begins_when_the_rules_say() {
    const TimeZone utc("UTC0");
    for (const std::int64_t now : {kMidnight, kMidnight + 1, kMidnight + 86399}) {
      const QuotaRules rules = day_of(now, Seconds(0));
      CPPUNIT_ASSERT(rules.day_begin == at(kMidnight) && rules.day_end == at(kMidnight + 86400));
    }
    const QuotaRules before = day_of(kMidnight + 3599, hours(1));
    CPPUNIT_ASSERT(before.day_begin == at(kMidnight - 82800) && before.day_end == at(kMidnight + 3600));
    const QuotaRules after = day_of(kMidnight + 3600, hours(1));
    CPPUNIT_ASSERT(after.day_begin == at(kMidnight + 3600) && after.day_end == at(kMidnight + 90000));
  }

  void days_of_summer_time_are_as_long_as_they_are() {
    const TimeZone berlin("CET-1CEST,M3.5.0,M10.5.0/3");
    // 2026-10-25 has 25 hours, 2026-03-29 has 23.
    const QuotaRules autumn = day_of(1792929600, Seconds(0));
    CPPUNIT_ASSERT(autumn.day_end - autumn.day_begin == hours(25));
    const QuotaRules spring = day_of(1774778400, Seconds(0));
    CPPUNIT_ASSERT(spring.day_end - spring.day_begin == hours(23));
  }

  std::string source(const std::string& user, std::string* limits = nullptr) {
    AllowanceRules rules;
    rules.otherwise = parse_limits("7", {});
    const Allowance found = allowance_of(user, rules, *db_, message_.now, Deadline(Milliseconds(1000)));
    if (limits != nullptr) *limits = found.limits.empty() ? "none" : to_string(found.limits.front());
    return std::string(found.source);
  }

  void limits_come_from_the_nearest_place() {
    std::string limits;
    CPPUNIT_ASSERT_EQUAL(std::string("default"), source("bob@example.com", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:7/24h"), limits);
    db_->users["*"].limits = "77";
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("bob@example.com", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("bob"));
    db_->domain_limits["*"] = "76";
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("bob", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:76/24h"), limits);
    db_->domain_limits[".com"] = "75";
    CPPUNIT_ASSERT_EQUAL(std::string("domain"), source("bob@example.com", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:75/24h"), limits);
    // Not of a domain itself.
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("bob@com"));
    db_->domain_limits[".example.com"] = "74";
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:75/24h"), limits);
    source("bob@a.b.example.com", &limits);
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:74/24h"), limits);
    db_->domain_limits["example.com"] = "8/1h";
    CPPUNIT_ASSERT_EQUAL(std::string("domain"), source("bob@example.com", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:8/1h"), limits);
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("bob"));
    db_->users["bob@example.com"].limits = "9";
    CPPUNIT_ASSERT_EQUAL(std::string("user"), source("bob@example.com", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:9/24h"), limits);
    db_->users["bob@example.com"].limits = "nonsense";
    CPPUNIT_ASSERT_EQUAL(std::string("domain"), source("bob@example.com"));
  }

  void a_raise_holds_until_it_is_over() {
    UserPolicy& bob = db_->users["bob"];
    bob.limits = "9";
    bob.raised = "90";
    std::string limits;
    CPPUNIT_ASSERT_EQUAL(std::string("raised"), source("bob", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:90/24h"), limits);
    bob.raised_until = message_.now + Milliseconds(1);
    CPPUNIT_ASSERT_EQUAL(std::string("raised"), source("bob"));
    bob.raised_until = message_.now;
    CPPUNIT_ASSERT_EQUAL(std::string("user"), source("bob"));
  }

  void a_raise_of_everybody_is_for_who_has_nothing_nearer() {
    UserPolicy& everybody = db_->users["*"];
    everybody.limits = "20";
    everybody.raised = "200";
    db_->users["bob"].limits = "9";
    db_->domain_limits["example.com"] = "8";
    db_->domain_limits["*"] = "7";
    std::string limits;
    CPPUNIT_ASSERT_EQUAL(std::string("user"), source("bob"));
    CPPUNIT_ASSERT_EQUAL(std::string("domain"), source("carol@example.com"));
    for (const char* user : {"carol", "carol@example.org"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("raised"), source(user, &limits));
      CPPUNIT_ASSERT_EQUAL(std::string("recipients:200/24h"), limits);
    }
    everybody.raised_until = message_.now;
    CPPUNIT_ASSERT_EQUAL(std::string("everybody"), source("carol", &limits));
    CPPUNIT_ASSERT_EQUAL(std::string("recipients:7/24h"), limits);
  }

  void an_allowance_is_one_look_up() {
    source("carol@a.b.example.com");
    CPPUNIT_ASSERT_EQUAL(1, db_->calls);
  }

  Quota quota(Stage stage, bool count_refused = false) {
    QuotaSettings rules;
    rules.otherwise = "3/1h";
    rules.count_refused = count_refused;
    rules.message = "{used} of {limit}, wait {release}";
    return {std::move(rules), stage, db_, store_, notices_};
  }

  void send_to(std::size_t recipients) {
    message_.envelope.user = "bob";
    message_.envelope.recipients.assign(recipients, message_.rcpt);
  }

  void what_is_charged_is_taken_back_once() {
    send_to(2);
    Findings findings;
    const Quota data = quota(Stage::Data);
    CPPUNIT_ASSERT(!data.judge(message_.facts(), findings).refuses());
    CPPUNIT_ASSERT(findings.charged);
    quota(Stage::Mail).take_back(message_.facts(), findings);
    CPPUNIT_ASSERT(findings.charged);
    store_->down = true;
    CPPUNIT_ASSERT_THROW(data.take_back(message_.facts(), findings), BackendError);
    store_->down = false;
    for (int i = 0; i < 2; ++i) data.take_back(message_.facts(), findings);
    send_to(3);
    CPPUNIT_ASSERT(!data.judge(message_.facts(), findings).refuses());
    const Verdict over = data.judge(message_.facts(), findings);
    CPPUNIT_ASSERT(over.refuses());
    CPPUNIT_ASSERT(over.reply().text().starts_with("3 of 3, wait 36"));
  }

  // The status of a message to so many, by one who may send three in an hour unless the raise or the
  // quota says otherwise.
  int status(std::size_t recipients, const std::string& limits, const std::string& raised,
             std::optional<TimePoint> until = std::nullopt) {
    UserPolicy& bob = db_->users["bob"];
    bob.limits = limits;
    bob.raised = raised;
    bob.raised_until = until;
    store_->users.clear();
    send_to(recipients);
    Findings findings;
    const Verdict verdict = quota(Stage::Data).judge(message_.facts(), findings);
    return verdict.refuses() ? verdict.reply().code() : 250;
  }

  void what_can_never_pass_is_refused_for_good() {
    const TimePoint soon = message_.now + minutes(1);
    CPPUNIT_ASSERT_EQUAL(250, status(3, "", ""));
    CPPUNIT_ASSERT_EQUAL(550, status(4, "", ""));
    CPPUNIT_ASSERT_EQUAL(550, status(4, "3/1h", "2/1h"));
    CPPUNIT_ASSERT_EQUAL(550, status(4, "9/1h", "2/1h"));
    // Limits that are lower for a while.
    CPPUNIT_ASSERT_EQUAL(450, status(4, "9/1h", "2/1h", soon));
    CPPUNIT_ASSERT_EQUAL(550, status(10, "9/1h", "2/1h", soon));
    const std::string text = "This message has 10 recipients, and your limit is 2 in 1h (";
    Findings findings;
    CPPUNIT_ASSERT_EQUAL(
        text, quota(Stage::Data).judge(message_.facts(), findings).reply().text().substr(0, text.size()));
  }

  void one_round_trip_is_made() {
    send_to(1);
    Findings findings;
    quota(Stage::Mail).judge(message_.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(1, store_->charges);
    quota(Stage::Data).judge(message_.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(2, store_->charges);
    message_.envelope.user.clear();
    quota(Stage::Data).judge(message_.facts(), findings);
    CPPUNIT_ASSERT_EQUAL(2, store_->charges);
  }

  void refused_mail_is_counted_at_data_only() {
    send_to(4);
    Findings findings;
    CPPUNIT_ASSERT(quota(Stage::Data, true).judge(message_.facts(), findings).refuses());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, findings.notices.at(0).used);
    CPPUNIT_ASSERT_EQUAL(std::int64_t{4}, store_->users["bob"].parts.front().recipients);
    CPPUNIT_ASSERT(!quota(Stage::Mail, true).judge(message_.facts(), findings).refuses());
    CPPUNIT_ASSERT(quota(Stage::Mail, false).judge(message_.facts(), findings).refuses());
  }

  std::shared_ptr<FakePolicyDb> db_ = std::make_shared<FakePolicyDb>();
  void who_is_over_quota_is_refused_though_the_store_is_full() {
    send_to(4);
    store_->full = true;
    Findings findings;
    CPPUNIT_ASSERT(quota(Stage::Data).judge(message_.facts(), findings).refuses());
    CPPUNIT_ASSERT(quota(Stage::Data).judge(message_.facts(), findings).refuses());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, findings.notices.size());
  }

  void while_the_store_is_down_a_notice_is_given_once_here() {
    store_->down = true;
    TimePoint now = message_.now;
    const auto first = [&](const std::string& user, Notice notice = Notice::Exceeded) {
      return notices_->claim(user, notice, now, notice_period(now, now + hours(1)),
                             Deadline(Milliseconds(0)));
    };
    CPPUNIT_ASSERT(first("bob"));
    CPPUNIT_ASSERT(!first("bob"));
    CPPUNIT_ASSERT(first("bob", Notice::Unauthorized));
    CPPUNIT_ASSERT(first("carol"));
    now += hours(1);
    CPPUNIT_ASSERT(first("bob"));
    for (std::size_t i = 0; i < Notices::kMost; ++i) first(std::to_string(i));
    CPPUNIT_ASSERT(!first("dave"));
    now += hours(1);
    CPPUNIT_ASSERT(first("dave"));
  }

  std::shared_ptr<FakeStore> store_ = std::make_shared<FakeStore>();
  std::shared_ptr<Notices> notices_ = std::make_shared<Notices>(store_);
  Message message_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(QuotaTest);
