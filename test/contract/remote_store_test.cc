// SPDX-License-Identifier: BSD-2-Clause
#include "store/remote_store.h"

#include <atomic>
#include <thread>

#include "store/memory_store.h"
#include "test/contract/archive_store_contract.h"
#include "test/contract/quota_store_contract.h"
#include "test/contract/state_store_contract.h"

using namespace mailreeve;

namespace {

class NoLog final : public Log {
 public:
  std::atomic<int> failed{0};
  std::atomic<int> recovered{0};
  bool wants(Severity) const override { return true; }
  using Log::write;
  void write(Event event, std::span<const Field>) override {
    failed += event == Event::BackendFailed ? 1 : 0;
    recovered += event == Event::BackendRecovered ? 1 : 0;
  }
};

// A store on a network that can be cut off. Counts what reaches it.
class Distant final : public StateStore {
 public:
  struct Wire {
    std::atomic<bool> cut{false};
    std::atomic<int> calls{0};
    MemoryStore store;
  };
  explicit Distant(std::shared_ptr<Wire> wire) : wire_(std::move(wire)) {}

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override {
    return there().approach(what, rules, now, deadline);
  }
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override {
    return there().charge(user, rules, recipients, now, deadline);
  }
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override {
    there().refund(user, receipt, deadline);
  }
  bool first_notice(const std::string& user, Notice notice, TimePoint now, TimePoint until,
                    Deadline deadline) override {
    return there().first_notice(user, notice, now, until, deadline);
  }
  QuotaState reset(const std::string& user, Deadline deadline) override {
    return there().reset(user, deadline);
  }
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override {
    return there().sent(user, now, deadline);
  }
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override {
    return there().list(place, most, deadline);
  }
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override {
    return there().of_client(client, deadline);
  }
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override {
    there().put(entries, now, deadline);
  }
  std::size_t forget_client(const std::string& client, Deadline deadline) override {
    return there().forget_client(client, deadline);
  }
  std::size_t purge(TimePoint now, std::size_t most) override { return there().purge(now, most); }
  void flush(Deadline deadline) override { there().flush(deadline); }
  StateSize size(TimePoint now) override { return there().size(now); }

 private:
  StateStore& there() {
    ++wire_->calls;
    if (wire_->cut) throw BackendError("cut off");
    return wire_->store;
  }
  std::shared_ptr<Wire> wire_;
};

const SystemClock kClock;
NoLog silent;

std::unique_ptr<StateStore> whole_store() {
  return std::make_unique<RemoteStore>(std::make_unique<Distant>(std::make_shared<Distant::Wire>()), nullptr,
                                       RemoteStore::Settings{}, kClock, silent);
}

}  // namespace

// As long as nothing fails and nothing is remembered, it is the store behind it.
class RemoteGreylistTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RemoteGreylistTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();
  std::unique_ptr<StateStore> make_store() override { return whole_store(); }
};

class RemoteQuotaTest : public QuotaStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RemoteQuotaTest, QuotaStoreContract);
  CPPUNIT_TEST_SUITE_END();
  std::unique_ptr<StateStore> make_store() override { return whole_store(); }
};

class RemoteArchiveTest : public ArchiveStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RemoteArchiveTest, ArchiveStoreContract);
  CPPUNIT_TEST_SUITE_END();
  std::unique_ptr<StateStore> make_store() override { return whole_store(); }
};

class RemoteStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RemoteStoreTest);
  CPPUNIT_TEST(a_store_that_fails_is_asked_once_in_a_while);
  CPPUNIT_TEST(who_fails_at_once_keeps_nobody_away);
  CPPUNIT_TEST(one_line_when_it_goes_and_one_when_it_is_back);
  CPPUNIT_TEST(who_fails_again_soon_was_not_back);
  CPPUNIT_TEST(a_store_that_answers_and_takes_nothing_is_not_back);
  CPPUNIT_TEST(a_call_without_time_blames_nobody);
  CPPUNIT_TEST(without_a_local_store_the_failure_is_told);
  CPPUNIT_TEST(greylisting_goes_on_locally_and_is_brought_over);
  CPPUNIT_TEST(what_an_earlier_run_left_is_brought_over);
  CPPUNIT_TEST(quotas_are_counted_locally_and_not_brought_over);
  CPPUNIT_TEST(a_charge_is_given_back_where_it_was_made);
  CPPUNIT_TEST(each_kind_is_local_by_itself);
  CPPUNIT_TEST(trusted_clients_are_remembered_for_a_while);
  CPPUNIT_TEST(what_earns_trust_is_asked_each_time);
  CPPUNIT_TEST_SUITE_END();

  std::shared_ptr<Distant::Wire> wire_;
  std::unique_ptr<NoLog> log_;
  std::unique_ptr<RemoteStore> store_;
  GreylistRules rules_;
  QuotaRules quota_;
  TimePoint now_ = from_millis(1'700'000'000'000);

  static Deadline patience() { return Deadline(Milliseconds(30000)); }

  void open(RemoteStore::Settings settings, bool local) {
    store_ = std::make_unique<RemoteStore>(std::make_unique<Distant>(wire_),
                                           local ? std::make_unique<MemoryStore>() : nullptr, settings,
                                           kClock, *log_);
    store_->use_local(local, local);
  }
  Passage come(const std::string& sender, Seconds later = Seconds(0)) {
    now_ += later;
    return store_->approach(
        {.client = "192.0.2.0/24", .sender = sender, .recipient = "bob@example.net", .counts = true}, rules_,
        now_, patience());
  }
  bool answers(const std::string& sender) {
    try {
      come(sender);
      return true;
    } catch (const BackendError&) {
      return false;
    }
  }
  QuotaAnswer charge() { return store_->charge("alice", quota_, 1, now_, patience()); }
  template <class Condition>
  void wait_until(Condition condition) {
    const Deadline end(Milliseconds(20000));
    while (!condition()) {
      CPPUNIT_ASSERT(!end.passed());
      std::this_thread::sleep_for(Milliseconds(2));
    }
  }

 public:
  void setUp() override {
    wire_ = std::make_shared<Distant::Wire>();
    log_ = std::make_unique<NoLog>();
    rules_ = {};
    quota_ = {};
    quota_.limits = {Limit{.most = 3, .unit = Unit::Recipients, .window = Seconds(3600)}};
  }
  void tearDown() override { store_.reset(); }

 private:
  static constexpr RemoteStore::Settings kNever{.pause = Milliseconds(3'600'000), .wait = Milliseconds(0)};
  static constexpr RemoteStore::Settings kAtOnce{.pause = Milliseconds(0)};

  void a_store_that_fails_is_asked_once_in_a_while() {
    open(kNever, false);
    wire_->cut = true;
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
    CPPUNIT_ASSERT_EQUAL(1, wire_->calls.load());
  }

  void who_fails_at_once_keeps_nobody_away() {
    open({.pause = Milliseconds(3'600'000), .wait = Milliseconds(3'600'000)}, false);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
    wire_->cut = false;
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::New);
  }

  void one_line_when_it_goes_and_one_when_it_is_back() {
    open(kAtOnce, false);
    wire_->cut = true;
    for (int i = 0; i < 5; ++i) CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{5}, store_->failures());
    wire_->cut = false;
    for (int i = 0; i < 5; ++i) come("a@example.com");
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
    CPPUNIT_ASSERT_EQUAL(1, log_->recovered.load());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, store_->failures());
  }

  // A cluster without one of its nodes, for some clients.
  void who_fails_again_soon_was_not_back() {
    open({.pause = Milliseconds(50), .wait = Milliseconds(0)}, false);
    for (int i = 0; i < 3; ++i) {
      wire_->cut = true;
      CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
      wire_->cut = false;
      wait_until([&] { return answers("b" + std::to_string(i) + "@example.com"); });
    }
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
    int more = 0;
    wait_until([&] { return answers(std::to_string(++more)) && log_->recovered == 1; });
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
  }

  void a_store_that_answers_and_takes_nothing_is_not_back() {
    open(kAtOnce, false);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(charge(), BackendError);
    wire_->cut = false;
    for (int i = 0; i < 3; ++i) store_->charge("alice", quota_, 0, now_, patience());
    CPPUNIT_ASSERT_EQUAL(0, log_->recovered.load());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, store_->failures());
    charge();
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, store_->failures());
    CPPUNIT_ASSERT_EQUAL(1, log_->recovered.load());
  }

  void a_call_without_time_blames_nobody() {
    open(kNever, false);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(store_->sent("alice", now_, Deadline(Milliseconds(0))), BackendError);
    wire_->cut = false;
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::New);
    CPPUNIT_ASSERT_EQUAL(0, log_->failed.load());
  }

  void without_a_local_store_the_failure_is_told() {
    open(kNever, false);
    store_->use_local(true, true);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
    CPPUNIT_ASSERT_THROW(charge(), BackendError);
  }

  void greylisting_goes_on_locally_and_is_brought_over() {
    open(kAtOnce, true);
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::New);
    wire_->cut = true;
    // Not known here: it waits again.
    CPPUNIT_ASSERT(come("a@example.com", rules_.delay).kind == Passage::Kind::New);
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::New);
    CPPUNIT_ASSERT(come("b@example.com", rules_.delay).kind == Passage::Kind::Passed);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, store_->learned());
    wire_->cut = false;
    come("c@example.com");
    wait_until([&] { return store_->learned() == 0; });
    // The wait of "a" began at its first sight, wherever that was.
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::Passed);
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::Trusted || rules_.trust_after > 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, wire_->store.size(now_).passed);
  }

  void what_an_earlier_run_left_is_brought_over() {
    auto local = std::make_unique<MemoryStore>();
    local->approach({.client = "192.0.2.0/24", .sender = "a@example.com", .recipient = "bob@example.net"},
                    rules_, now_, patience());
    store_ = std::make_unique<RemoteStore>(std::make_unique<Distant>(wire_), std::move(local), kAtOnce,
                                           kClock, *log_);
    wait_until([&] { return wire_->store.size(now_).pending == 1; });
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::Early);
  }

  void quotas_are_counted_locally_and_not_brought_over() {
    open(kAtOnce, true);
    charge();
    wire_->cut = true;
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(charge().receipt->local);
    CPPUNIT_ASSERT(!charge().receipt);
    wire_->cut = false;
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(!charge().receipt->local);
    CPPUNIT_ASSERT(!charge().receipt);
  }

  void a_charge_is_given_back_where_it_was_made() {
    open(kAtOnce, true);
    const auto there = charge();
    wire_->cut = true;
    const auto here = charge();
    CPPUNIT_ASSERT_THROW(store_->refund("alice", *there.receipt, patience()), BackendError);
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(charge().receipt);
    CPPUNIT_ASSERT(!charge().receipt);
    store_->refund("alice", *here.receipt, patience());
    CPPUNIT_ASSERT(charge().receipt);
    wire_->cut = false;
    store_->refund("alice", *here.receipt, patience());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{1}, quota_used(store_->sent("alice", now_, patience()),
                                                     quota_.limits.front(), quota_, now_));
  }

  void each_kind_is_local_by_itself() {
    open(kAtOnce, true);
    wire_->cut = true;
    store_->use_local(true, false);
    come("a@example.com");
    CPPUNIT_ASSERT_THROW(charge(), BackendError);
    store_->use_local(false, true);
    charge();
    CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
  }

  void make_trusted() {
    come("a@example.com");
    for (unsigned i = 0; i < rules_.trust_after; ++i) come("a@example.com", rules_.delay);
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::Trusted);
  }

  void trusted_clients_are_remembered_for_a_while() {
    open({.cache_ttl = Milliseconds(3'600'000), .pause = Milliseconds(0)}, false);
    make_trusted();
    const int calls = wire_->calls;
    wire_->cut = true;
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::Trusted);
    CPPUNIT_ASSERT_EQUAL(calls, wire_->calls.load());
    wire_->cut = false;
    store_->forget_client("192.0.2.0/24", patience());
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::New);
  }

  void what_earns_trust_is_asked_each_time() {
    open({.cache_ttl = Milliseconds(3'600'000), .pause = Milliseconds(0)}, false);
    rules_.trust_after = 5;
    come("a@example.com");
    for (int i = 0; i < 5; ++i) come("a@example.com", rules_.delay);
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::Trusted);
    rules_.trust_after = 0;
    const int calls = wire_->calls;
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::Known);
    CPPUNIT_ASSERT_EQUAL(calls + 1, wire_->calls.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RemoteGreylistTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteStoreTest);
