// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/remote_store.h"

#include <atomic>
#include <functional>
#include <thread>
#include <utility>

#include "test/contract/archive_store_contract.h"
#include "test/contract/cut_off_store.h"
#include "test/contract/memo_store_contract.h"
#include "test/contract/quota_store_contract.h"
#include "test/contract/state_store_contract.h"
#include "test/steady_clock_shift.h"

using namespace mailreeve;
using mailreeve::test::CutOffStore;

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

const std::string& client_of(const StateEntry& entry) {
  if (const auto* client = std::get_if<ClientEntry>(&entry)) return client->client;
  return std::get<TupleEntry>(entry).client;
}

// Calls a hook before each call.
class Distant final : public CutOffStore {
 public:
  struct Wire : CutOffStore::Wire {
    std::atomic<int> puts{0};
    std::atomic<int> lists{0};  // number returned
    std::function<void()> before_approach = [] {};
    std::function<void()> before_list = [] {};
    std::function<void(std::span<const StateEntry>)> before_put = [](auto) {};
    std::function<void()> before_forget = [] {};
  };
  explicit Distant(const std::shared_ptr<Wire>& wire) : CutOffStore(wire), wire_(wire) {}

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override {
    if (!wire_->cut) wire_->before_approach();
    return CutOffStore::approach(what, rules, now, deadline);
  }
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override {
    if (!wire_->cut) wire_->before_list();
    auto entries = CutOffStore::list(place, most, deadline);
    ++wire_->lists;
    return entries;
  }
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override {
    if (!wire_->cut) {
      ++wire_->puts;
      wire_->before_put(entries);
    }
    CutOffStore::put(entries, now, deadline);
  }
  std::size_t forget_client(const std::string& client, Deadline deadline) override {
    if (!wire_->cut) wire_->before_forget();
    return CutOffStore::forget_client(client, deadline);
  }

 private:
  const std::shared_ptr<Wire> wire_;
};

const SystemClock kClock;
NoLog silent;

std::unique_ptr<StateStore> whole_store() {
  return std::make_unique<RemoteStore>(std::make_unique<Distant>(std::make_shared<Distant::Wire>()), nullptr,
                                       RemoteStore::Settings{}, kClock, silent);
}

}  // namespace

// While nothing fails and nothing is cached, it acts like the store behind it.
class RemoteGreylistTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RemoteGreylistTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();
  std::unique_ptr<StateStore> make_store() override { return whole_store(); }
};

class RemoteMemoTest : public MemoStoreContract {
  CPPUNIT_TEST_SUB_SUITE(RemoteMemoTest, MemoStoreContract);
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
  CPPUNIT_TEST(one_line_when_it_goes_and_one_when_it_is_back);
  CPPUNIT_TEST(who_fails_again_soon_was_not_back);
  CPPUNIT_TEST(a_store_that_answers_and_takes_nothing_is_not_back);
  CPPUNIT_TEST(a_call_without_time_blames_nobody);
  CPPUNIT_TEST(without_a_local_store_the_failure_is_told);
  CPPUNIT_TEST(greylisting_goes_on_locally_and_is_brought_over);
  CPPUNIT_TEST(what_was_learned_is_brought_over_although_no_mail_comes);
  CPPUNIT_TEST(what_is_learned_when_other_mail_has_found_it_back_is_brought_over);
  CPPUNIT_TEST(what_is_learned_for_want_of_time_is_brought_over);
  CPPUNIT_TEST(while_mail_fails_some_clients_tell_enough);
  CPPUNIT_TEST(what_an_earlier_run_left_is_brought_over);
  CPPUNIT_TEST(a_client_with_many_tuples_is_brought_in_slices);
  CPPUNIT_TEST(a_client_that_cannot_be_brought_keeps_no_other_back);
  CPPUNIT_TEST(what_cannot_be_brought_is_tried_again_later);
  CPPUNIT_TEST(mail_is_not_told_of_what_cannot_be_brought);
  CPPUNIT_TEST(what_is_learned_while_its_client_is_brought_is_kept);
  CPPUNIT_TEST(what_is_learned_while_its_client_is_forgotten_is_kept);
  CPPUNIT_TEST(stopping_waits_for_one_slice);
  CPPUNIT_TEST(quotas_are_counted_locally_and_not_brought_over);
  CPPUNIT_TEST(a_charge_is_given_back_where_it_was_made);
  CPPUNIT_TEST(each_kind_is_local_by_itself);
  CPPUNIT_TEST(trusted_clients_are_remembered_for_a_while);
  CPPUNIT_TEST(what_earns_trust_is_asked_each_time);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kClient = "192.0.2.0/24";
  static constexpr const char* kLost = "198.51.100.0/24";
  static constexpr const char* kLast = "203.0.113.0/24";

  std::shared_ptr<Distant::Wire> wire_;
  std::shared_ptr<Distant::Wire> home_;  // to this host's store
  std::unique_ptr<NoLog> log_;
  std::atomic<bool> open_ = false;
  std::atomic<bool> first_ = true;
  std::atomic<bool> late_ = false;
  std::atomic<bool> lost_ = false;
  std::atomic<bool> stops_ = false;
  std::unique_ptr<RemoteStore> store_;
  std::jthread mail_;
  GreylistRules rules_;
  QuotaRules quota_;
  TimePoint now_ = from_millis(1'700'000'000'000);

  static Deadline patience() { return Deadline(Milliseconds(30000)); }

  void open(RemoteStore::Settings settings, bool local) {
    store_ = std::make_unique<RemoteStore>(std::make_unique<Distant>(wire_),
                                           local ? std::make_unique<Distant>(home_) : nullptr, settings,
                                           kClock, *log_);
    store_->use_local(local, local);
    open_ = true;
  }
  // Also waits until the courier has found nothing.
  void open_with_local(RemoteStore::Settings settings) {
    open(settings, true);
    wait_until([&] { return home_->lists > 0; });
  }
  static Approach approach(const std::string& client, const std::string& sender) {
    return {.client = client, .sender = sender, .recipient = "bob@example.net"};
  }
  Passage come(const std::string& sender, Seconds later = Seconds(0)) {
    now_ += later;
    const Passage passage = store_->approach(approach(kClient, sender), rules_, now_, patience());
    if (rules_.trust_after > 0 &&
        (passage.kind == Passage::Kind::Passed || passage.kind == Passage::Kind::Known))
      store_->count_passage(std::vector{std::string(kClient)}, rules_, now_, patience());
    return passage;
  }
  // Entries left by an earlier run of the daemon.
  void leave(const std::string& client, int tuples = 1) {
    for (int i = 0; i < tuples; ++i)
      home_->store.approach(approach(client, std::to_string(i) + "@example.com"), rules_, now_, patience());
  }
  // The number of this client's entries in the networked store.
  std::size_t there(const std::string& client) { return wire_->store.of_client(client, patience()).size(); }
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
    home_ = std::make_shared<Distant::Wire>();
    log_ = std::make_unique<NoLog>();
    rules_ = {};
    quota_ = {};
    quota_.limits = {Limit{.most = 3, .unit = Unit::Recipients, .window = Seconds(3600)}};
  }
  void tearDown() override {
    first_ = false;
    mail_ = {};
    store_.reset();
  }

 private:
  static constexpr Milliseconds kNever{3'600'000};
  static constexpr RemoteStore::Settings kAtOnce{.doubt = Milliseconds(0), .pause = Milliseconds(1)};
  static constexpr RemoteStore::Settings kOnce{.doubt = Milliseconds(0), .pause = kNever};

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

  // Like a cluster without one of its nodes: some clients fail.
  void who_fails_again_soon_was_not_back() {
    constexpr Seconds kDoubt{60};
    open({.doubt = kDoubt}, false);
    for (int i = 0; i < 3; ++i) {
      wire_->cut = true;
      CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
      wire_->cut = false;
      CPPUNIT_ASSERT(come("b" + std::to_string(i) + "@example.com").kind == Passage::Kind::New);
      CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, store_->failures());
    }
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
    CPPUNIT_ASSERT_EQUAL(0, log_->recovered.load());
    SteadyClockShift::advance(kDoubt);
    come("c@example.com");
    CPPUNIT_ASSERT_EQUAL(1, log_->recovered.load());
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
    open(kAtOnce, false);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(store_->sent("alice", now_, Deadline(Milliseconds(0))), BackendError);
    wire_->cut = false;
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::New);
    CPPUNIT_ASSERT_EQUAL(0, log_->failed.load());
  }

  void without_a_local_store_the_failure_is_told() {
    open(kAtOnce, false);
    store_->use_local(true, true);
    wire_->cut = true;
    CPPUNIT_ASSERT_THROW(come("a@example.com"), BackendError);
    CPPUNIT_ASSERT_THROW(charge(), BackendError);
  }

  void greylisting_goes_on_locally_and_is_brought_over() {
    open(kAtOnce, true);
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::New);
    wire_->cut = true;
    // Unknown to the local store, so it waits again.
    CPPUNIT_ASSERT(come("a@example.com", rules_.delay).kind == Passage::Kind::New);
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::New);
    CPPUNIT_ASSERT(come("b@example.com", rules_.delay).kind == Passage::Kind::Passed);
    // Three decisions and a passage.
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, store_->learned());
    wire_->cut = false;
    come("c@example.com");
    wait_until([&] { return store_->learned() == 0; });
    // The wait of "a" began at its first sight, in whichever store.
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::Passed);
    CPPUNIT_ASSERT(come("b@example.com").kind == Passage::Kind::Trusted || rules_.trust_after > 2);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, wire_->store.size(now_).passed);
  }

  void what_was_learned_is_brought_over_although_no_mail_comes() {
    open_with_local(kAtOnce);
    wire_->cut = true;
    for (int i = 0; i < 3; ++i) come(std::to_string(i) + "@example.com");
    CPPUNIT_ASSERT_EQUAL(0, log_->recovered.load());
    wire_->cut = false;
    wait_until([&] { return store_->learned() == 0; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, there(kClient));
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, store_->failures());
    CPPUNIT_ASSERT_EQUAL(1, log_->failed.load());
    CPPUNIT_ASSERT_EQUAL(1, log_->recovered.load());
  }

  void what_is_learned_when_other_mail_has_found_it_back_is_brought_over() {
    home_->before_approach = [this] {
      late_ = true;
      while (first_) std::this_thread::sleep_for(Milliseconds(1));
    };
    open(kAtOnce, true);
    wire_->cut = true;
    mail_ = std::jthread(
        [this] { store_->approach(approach(kClient, "late@example.com"), rules_, now_, patience()); });
    wait_until([&] { return late_.load(); });
    wire_->cut = false;
    store_->approach(approach(kLast, "a@example.com"), rules_, now_, patience());
    // A round has found nothing.
    wait_until([&] { return home_->lists > 0; });
    first_ = false;
    wait_until([&] { return there(kClient) == 1; });
  }

  void what_is_learned_for_want_of_time_is_brought_over() {
    open_with_local(kAtOnce);
    wire_->cut = true;
    store_->approach(approach(kClient, "a@example.com"), rules_, now_, Deadline(Milliseconds(1)));
    wire_->cut = false;
    wait_until([&] { return there(kClient) == 1; });
    CPPUNIT_ASSERT_EQUAL(0, log_->failed.load());
  }

  // A long outage leaves many entries: a round must not read them all in vain.
  void while_mail_fails_some_clients_tell_enough() {
    for (int i = 0; i < 1000; ++i)
      leave("10." + std::to_string(i / 200) + "." + std::to_string(i % 200) + ".0/24");
    home_->before_list = [this] {
      while (!late_) std::this_thread::sleep_for(Milliseconds(1));
    };
    wire_->cut = true;
    open(kOnce, true);
    charge();
    const int before = wire_->calls;
    late_ = true;
    wait_until([&] { return wire_->calls >= before + 100; });
    // Allow time for more calls.
    std::this_thread::sleep_for(Milliseconds(50));
    CPPUNIT_ASSERT_EQUAL(before + 100, wire_->calls.load());
  }

  void what_an_earlier_run_left_is_brought_over() {
    leave(kClient);
    open(kOnce, true);
    wait_until([&] { return there(kClient) == 1; });
    CPPUNIT_ASSERT(come("0@example.com").kind == Passage::Kind::Early);
  }

  // A call has time for 100 entries.
  void a_client_with_many_tuples_is_brought_in_slices() {
    wire_->before_put = [](std::span<const StateEntry> entries) {
      if (entries.size() > 100) throw BackendError("too slow");
    };
    leave(kClient, 1000);
    open(kOnce, true);
    wait_until([&] { return there(kClient) == 1000; });
  }

  // A node of a cluster fails.
  void lose(const char* client) {
    lost_ = true;
    wire_->before_put = [this, client](std::span<const StateEntry> entries) {
      if (lost_ && client_of(entries.front()) == client) throw BackendError("cut off");
    };
  }

  void a_client_that_cannot_be_brought_keeps_no_other_back() {
    lose(kLost);
    for (const char* client : {kClient, kLost, kLast}) leave(client);
    open(kOnce, true);
    wait_until([&] { return there(kClient) == 1 && there(kLast) == 1; });
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, there(kLost));
    store_.reset();
    CPPUNIT_ASSERT_EQUAL(3, wire_->puts.load());
  }

  void what_cannot_be_brought_is_tried_again_later() {
    lose(kLost);
    leave(kLost);
    open(kAtOnce, true);
    wait_until([&] { return wire_->puts >= 3; });
    lost_ = false;
    wait_until([&] { return there(kLost) == 1; });
  }

  void mail_is_not_told_of_what_cannot_be_brought() {
    lose(kLost);
    leave(kLost);
    open(kAtOnce, true);
    wait_until([&] { return wire_->puts >= 3; });
    CPPUNIT_ASSERT_EQUAL(0, log_->failed.load());
    CPPUNIT_ASSERT_EQUAL(std::int64_t{0}, store_->failures());
    CPPUNIT_ASSERT(come("a@example.com").kind == Passage::Kind::New);
  }

  // Runs while the store is cut off.
  void learn(const std::string& sender) {
    while (!open_) std::this_thread::sleep_for(Milliseconds(1));
    wire_->cut = true;
    come(sender);
    wire_->cut = false;
  }

  void what_is_learned_while_its_client_is_brought_is_kept() {
    wire_->before_put = [this](auto) {
      if (first_.exchange(false)) learn("late@example.com");
    };
    leave(kClient);
    open(kAtOnce, true);
    wait_until([&] { return there(kClient) == 2; });
    CPPUNIT_ASSERT(come("late@example.com").kind == Passage::Kind::Early);
  }

  void what_is_learned_while_its_client_is_forgotten_is_kept() {
    home_->before_forget = [this] {
      if (!first_.exchange(false)) return;
      mail_ = std::jthread([this] { learn("late@example.com"); });
      // It must not be learned before the client is forgotten.
      const Deadline end(Milliseconds(100));
      while (home_->store.of_client(kClient, patience()).size() == 1 && !end.passed())
        std::this_thread::sleep_for(Milliseconds(1));
    };
    leave(kClient);
    open(kAtOnce, true);
    wait_until([&] { return there(kClient) == 2; });
    CPPUNIT_ASSERT(come("late@example.com").kind == Passage::Kind::Early);
  }

  void stopping_waits_for_one_slice() {
    constexpr int kClients = 1500;
    wire_->before_put = [this](auto) {
      while (!stops_) std::this_thread::sleep_for(Milliseconds(1));
      std::this_thread::sleep_for(Milliseconds(10));
    };
    for (int i = 0; i < kClients; ++i)
      leave("10." + std::to_string(i / 200) + "." + std::to_string(i % 200) + ".0/24");
    open(kOnce, true);
    wait_until([&] { return wire_->puts == 1; });
    stops_ = true;
    store_.reset();
    // No further ones if this thread was quick.
    CPPUNIT_ASSERT(wire_->puts < kClients / 2);
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
    open({.cache_ttl = kNever}, false);
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
    open({.cache_ttl = kNever}, false);
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
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(RemoteStoreTest);
