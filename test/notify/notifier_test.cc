// SPDX-License-Identifier: BSD-2-Clause
// The notifier with scripted targets.
#include "notify/notifier.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <mutex>

#include "test/contract/temp_directory.h"
#include "test/notify/fixture.h"

using namespace mailreeve;
using namespace mailreeve::test;

namespace {

// `answer` decides the result of the n-th attempt, from 0.
class FakeTarget final : public Target {
 public:
  using Answer = std::function<Attempt(int number, const Notification& what)>;
  FakeTarget(std::string name, Answer answer) : name_(std::move(name)), answer_(std::move(answer)) {}

  std::string_view name() const override { return name_; }
  Attempt deliver(const Notification& what, TimePoint /*now*/, const Interrupt& stop) override {
    if (stop.raised()) return Attempt::interrupted();
    const Attempt attempt = answer_(attempts_++, what);
    const std::lock_guard lock(mutex_);
    users_.push_back(what.user);
    return attempt;
  }
  int attempts() const { return attempts_; }
  std::vector<std::string> users() const {
    const std::lock_guard lock(mutex_);
    return users_;
  }

 private:
  const std::string name_;
  const Answer answer_;
  std::atomic<int> attempts_{0};
  mutable std::mutex mutex_;
  std::vector<std::string> users_;
};

// Blocks callers until it is opened.
class Gate {
 public:
  void open() {
    const std::lock_guard lock(mutex_);
    open_ = true;
    changed_.notify_all();
  }
  void pass() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [&] { return open_; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = false;
};

Attempt succeed(int /*number*/, const Notification& /*what*/) { return Attempt::delivered(); }
Attempt go_wrong(int /*number*/, const Notification& /*what*/) { return Attempt::failed("it is down"); }

}  // namespace

class NotifierTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(NotifierTest);
  CPPUNIT_TEST(each_target_gets_it_once);
  CPPUNIT_TEST(without_targets_nothing_is_kept);
  CPPUNIT_TEST(a_failure_is_logged_once_however_often_it_is_tried);
  CPPUNIT_TEST(a_target_that_fails_delays_no_other);
  CPPUNIT_TEST(a_notification_that_fails_delays_no_other);
  CPPUNIT_TEST(a_refused_one_is_given_up_at_once);
  CPPUNIT_TEST(what_is_too_old_is_given_up);
  CPPUNIT_TEST(nothing_is_too_old_while_the_clock_is_doubtful);
  CPPUNIT_TEST(a_target_that_throws_is_tried_again);
  CPPUNIT_TEST(what_is_too_much_is_dropped_and_counted);
  CPPUNIT_TEST(what_was_added_before_the_stop_is_there_after_the_start);
  CPPUNIT_TEST(a_target_that_is_gone_finds_its_notifications_when_it_is_back);
  CPPUNIT_TEST(settings_that_cannot_be_used_change_nothing);
  CPPUNIT_TEST(what_cannot_be_kept_is_delivered_all_the_same);
  CPPUNIT_TEST(garbage_in_the_spool_is_logged_and_stays);
  CPPUNIT_TEST_SUITE_END();

  TempDirectory directory_;
  const std::string spool_ = directory_.file("spool");
  Events log_;
  StepClock clock_;
  Targets targets_;

  NotifySettings settings() const {
    NotifySettings out;
    out.spool = spool_;
    out.host = "mx1.example.com";
    return out;
  }

  std::shared_ptr<FakeTarget> target(const std::string& name, FakeTarget::Answer answer) {
    auto made = std::make_shared<FakeTarget>(name, std::move(answer));
    targets_.push_back(made);
    return made;
  }

  std::unique_ptr<Notifier> start() { return start(clock_); }
  std::unique_ptr<Notifier> start(const Clock& clock) {
    return std::make_unique<Notifier>(settings(), log_, clock, kImpatient,
                                      [this](const NotifySettings&) { return targets_; });
  }

  void each_target_gets_it_once() {
    const auto webhook = target("webhook", succeed);
    const auto mail = target("mail", succeed);
    const auto notifier = start();
    for (const char* user : {"a", "b", "c"}) notifier->add(sample(user));
    const auto sent = log_.wait(Event::NotificationSent, 6);
    notifier->stop();
    CPPUNIT_ASSERT((std::vector<std::string>{"a", "b", "c"}) == webhook->users());
    CPPUNIT_ASSERT((std::vector<std::string>{"a", "b", "c"}) == mail->users());
    CPPUNIT_ASSERT(files_in(spool_).empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{6}, notifier->counts().delivered);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, notifier->counts().pending);
    CPPUNIT_ASSERT_EQUAL(std::string("quota-exceeded"), sent[0].at("what"));
    CPPUNIT_ASSERT_EQUAL(std::string("r-1"), sent[0].at("ref"));
    CPPUNIT_ASSERT(log_.seen(Event::NotificationFailed).empty());
  }

  void without_targets_nothing_is_kept() {
    const auto notifier = start();
    notifier->add(sample());
    notifier->stop();
    CPPUNIT_ASSERT(!std::filesystem::exists(spool_));
  }

  void a_failure_is_logged_once_however_often_it_is_tried() {
    const auto webhook = target("webhook", [](int number, const Notification&) {
      return number < 7 ? Attempt::failed("it is down") : Attempt::delivered();
    });
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(8, webhook->attempts());
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("it is down"), failed[0].at("error"));
    CPPUNIT_ASSERT_EQUAL(std::string("retry"), failed[0].at("next"));
    CPPUNIT_ASSERT_EQUAL(std::string("webhook"), failed[0].at("target"));
  }

  void a_target_that_fails_delays_no_other() {
    target("command", go_wrong);
    const auto mail = target("mail", succeed);
    const auto notifier = start();
    for (int i = 0; i < 20; ++i) notifier->add(sample());
    log_.wait(Event::NotificationSent, 20);
    CPPUNIT_ASSERT_EQUAL(20, mail->attempts());
    CPPUNIT_ASSERT_EQUAL(std::size_t{20}, notifier->counts().pending);
  }

  void a_notification_that_fails_delays_no_other() {
    const auto webhook = target("webhook", [](int, const Notification& what) {
      return what.user == "poison" ? Attempt::failed("cannot take it") : Attempt::delivered();
    });
    const auto notifier = start();
    notifier->add(sample("poison"));
    for (int i = 0; i < 20; ++i) notifier->add(sample("good"));
    log_.wait(Event::NotificationSent, 20);
    notifier->stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(spool_).size());
  }

  void a_refused_one_is_given_up_at_once() {
    const auto webhook = target("webhook", [](int number, const Notification&) {
      return number == 0 ? Attempt::refused("gone") : Attempt::delivered();
    });
    const auto notifier = start();
    notifier->add(sample("first"));
    notifier->add(sample("second"));
    log_.wait(Event::NotificationSent, 1);
    notifier->stop();
    CPPUNIT_ASSERT((std::vector<std::string>{"first", "second"}) == webhook->users());
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("given-up"), failed[0].at("next"));
    CPPUNIT_ASSERT(files_in(spool_).empty());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, notifier->counts().given_up);
  }

  void what_is_too_old_is_given_up() {
    const auto webhook = target("webhook", go_wrong);
    // Each reading advances the clock by an hour.
    const StepClock clock(Milliseconds(3600 * 1000));
    const auto notifier = start(clock);
    notifier->add(sample("old"));
    auto young = sample("young");
    young.when += Seconds(365 * 86400);
    notifier->add(young);
    const auto failed = log_.wait(Event::NotificationFailed, 2);
    notifier->stop();
    CPPUNIT_ASSERT_EQUAL(std::string("given-up"), failed[1].at("next"));
    CPPUNIT_ASSERT_EQUAL(std::string("old"), failed[1].at("user"));
    CPPUNIT_ASSERT_EQUAL(std::string("it is down"), failed[1].at("error"));
    // Two readings for each attempt.
    CPPUNIT_ASSERT(webhook->attempts() >= 12);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(spool_).size());
  }

  void nothing_is_too_old_while_the_clock_is_doubtful() {
    const auto webhook = target("webhook", [](int number, const Notification&) {
      return number < 30 ? Attempt::failed("it is down") : Attempt::delivered();
    });
    const StepClock clock(Milliseconds(3600 * 1000));
    Notifier notifier(
        settings(), log_, clock, kImpatient, [this](const NotifySettings&) { return targets_; },
        [] { return false; });
    notifier.add(sample());
    log_.wait(Event::NotificationSent, 1);
    notifier.stop();
    CPPUNIT_ASSERT_EQUAL(31, webhook->attempts());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, notifier.counts().given_up);
  }

  void a_target_that_throws_is_tried_again() {
    target("webhook", [](int number, const Notification&) {
      if (number == 0) throw std::runtime_error("no more memory");
      return Attempt::delivered();
    });
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT_EQUAL(std::string("no more memory"), log_.seen(Event::NotificationFailed)[0].at("error"));
  }

  void what_is_too_much_is_dropped_and_counted() {
    Gate gate;
    const auto webhook = target("webhook", [&](int, const Notification&) {
      gate.pass();
      return Attempt::delivered();
    });
    const auto notifier = start();
    // The queue holds as much as the spool, so adding slowly fills only the spool.
    for (int i = 0; i < 1003; ++i) {
      notifier->add(sample("user" + std::to_string(i)));
      while (notifier->counts().pending + notifier->counts().dropped <= static_cast<std::size_t>(i))
        std::this_thread::yield();
    }
    const auto dropped = log_.wait(Event::NotificationFailed, 3);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, notifier->counts().dropped);
    CPPUNIT_ASSERT_EQUAL(std::string("user1000"), dropped[0].at("user"));
    CPPUNIT_ASSERT_EQUAL(std::string("dropped"), dropped[0].at("next"));
    gate.open();
    log_.wait(Event::NotificationSent, 1000);
    CPPUNIT_ASSERT_EQUAL(1000, webhook->attempts());
  }

  void what_was_added_before_the_stop_is_there_after_the_start() {
    target("webhook", go_wrong);
    {
      const auto notifier = start();
      for (int i = 0; i < 50; ++i) notifier->add(sample("user" + std::to_string(i)));
      notifier->stop();
      notifier->stop();
      notifier->add(sample("late"));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, files_in(spool_).size());
    targets_.clear();
    const auto webhook = target("webhook", succeed);
    const auto notifier = start();
    log_.wait(Event::NotificationSent, 50);
    notifier->stop();
    CPPUNIT_ASSERT_EQUAL(50, webhook->attempts());
    CPPUNIT_ASSERT(files_in(spool_).empty());
  }

  void a_target_that_is_gone_finds_its_notifications_when_it_is_back() {
    target("webhook", go_wrong);
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationFailed, 1);
    targets_.clear();
    const auto mail = target("mail", succeed);
    notifier->reconfigure(settings());
    notifier->add(sample("other"));
    log_.wait(Event::NotificationSent, 1);
    CPPUNIT_ASSERT((std::vector<std::string>{"other"}) == mail->users());
    targets_.clear();
    const auto webhook = target("webhook", succeed);
    notifier->reconfigure(settings());
    log_.wait(Event::NotificationSent, 2);
    CPPUNIT_ASSERT((std::vector<std::string>{"test@example.com"}) == webhook->users());
  }

  void settings_that_cannot_be_used_change_nothing() {
    NotifySettings wanted = settings();
    wanted.webhook_url = "http://127.0.0.1:1/";
    wanted.webhook_secret_file = directory_.file("missing");
    Notifier notifier(settings(), log_, clock_, kImpatient);
    CPPUNIT_ASSERT_THROW(notifier.reconfigure(wanted), std::runtime_error);
    wanted.webhook_secret_file.clear();
    wanted.spool = directory_.file("no/such/place");
    CPPUNIT_ASSERT_THROW(notifier.reconfigure(wanted), std::runtime_error);
    notifier.add(sample());
    notifier.stop();
    CPPUNIT_ASSERT(!std::filesystem::exists(spool_));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, notifier.counts().pending);
  }

  void what_cannot_be_kept_is_delivered_all_the_same() {
    const auto webhook = target("webhook", succeed);
    const auto notifier = start();
    std::filesystem::remove_all(spool_);
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT(failed[0].at("error").find(spool_) != std::string::npos);
  }

  void garbage_in_the_spool_is_logged_and_stays() {
    std::filesystem::create_directory(spool_);
    write_file(spool_ + "/garbage.json", "{");
    target("webhook", succeed);
    const auto notifier = start();
    notifier->add(sample());
    log_.wait(Event::NotificationSent, 1);
    notifier->stop();
    const auto failed = log_.seen(Event::NotificationFailed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, failed.size());
    CPPUNIT_ASSERT_EQUAL(std::string("garbage.json"), failed[0].at("file"));
    CPPUNIT_ASSERT_EQUAL(std::string("skipped"), failed[0].at("next"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, files_in(spool_).size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(NotifierTest);
