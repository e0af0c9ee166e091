// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/state_store_contract.h"

#include <algorithm>
#include <atomic>
#include <map>
#include <random>
#include <thread>
#include <tuple>
#include <vector>

namespace mailreeve {

using std::chrono::hours;
using std::chrono::minutes;

namespace {

constexpr int kThreads = 8;

// Runs `work(0)` to `work(kThreads - 1)` at once. An exception in one of them fails the test.
template <class Work>
void at_once(Work work) {
  std::atomic<int> failed{0};
  std::vector<std::thread> threads;
  threads.reserve(kThreads);
  for (int i = 0; i < kThreads; ++i)
    threads.emplace_back([&failed, &work, i] {
      try {
        work(i);
      } catch (const BackendError&) {
        ++failed;
      }
    });
  for (auto& thread : threads) thread.join();
  CPPUNIT_ASSERT_EQUAL(0, failed.load());
}

// The simplest possible store. It examines everything each time.
struct Model {
  using Key = std::tuple<std::string, std::string, std::string>;
  std::map<Key, TupleState> tuples;
  std::map<std::string, ClientState> clients;

  std::optional<ClientState> client(const std::string& name) const {
    const auto found = clients.find(name);
    return found == clients.end() ? std::nullopt : std::optional(found->second);
  }

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now) {
    const Key key(what.client, what.sender, what.recipient);
    Remembered known{.tuple = {}, .client = client(what.client), .voucher = client(what.voucher)};
    known.client_lapses = what.lapses;
    if (const auto found = tuples.find(key); found != tuples.end()) known.tuple = found->second;
    const auto step = greylist_step(known, rules, now);
    if (step.tuple && !step.tuple->passed && !(known.tuple && !known.tuple->passed))
      while (pending_of(what.client).size() >= rules.max_pending) drop_oldest(what.client);
    if (step.tuple) tuples[key] = *step.tuple;
    if (step.client) clients[what.client] = *step.client;
    if (step.voucher) clients[what.voucher] = *step.voucher;
    return step.passage;
  }

  void count_passage(const std::string& name, const GreylistRules& rules, TimePoint now) {
    clients[name] = with_passage(client(name), rules, now);
  }

  std::vector<Key> pending_of(const std::string& client) const {
    std::vector<Key> keys;
    for (const auto& [key, tuple] : tuples)
      if (std::get<0>(key) == client && !tuple.passed) keys.push_back(key);
    return keys;
  }

  void drop_oldest(const std::string& client) {
    const auto keys = pending_of(client);
    tuples.erase(*std::min_element(keys.begin(), keys.end(), [this](const Key& a, const Key& b) {
      return tuples.at(a).first < tuples.at(b).first;
    }));
  }

  std::size_t purge(TimePoint now) {
    const auto over = [now](const auto& entry) { return entry.second.expires <= now; };
    return std::erase_if(tuples, over) + std::erase_if(clients, over);
  }

  StateSize size(TimePoint now) const {
    StateSize size;
    for (const auto& [key, tuple] : tuples)
      if (tuple.expires > now) ++(tuple.passed ? size.passed : size.pending);
    for (const auto& [name, client] : clients) size.clients += client.expires > now ? 1 : 0;
    return size;
  }
};

GreylistRules random_rules(std::mt19937& random) {
  static constexpr EarlyRetry kEarly[] = {EarlyRetry::Keep, EarlyRetry::Reset, EarlyRetry::Penalty};
  GreylistRules rules;
  rules.keep = hours(48);
  rules.early_retry = kEarly[random() % std::size(kEarly)];
  rules.trust_after = static_cast<unsigned>(random() % 4);
  rules.max_pending = 1 + static_cast<unsigned>(random() % 6);
  return rules;
}

std::string describe(const Passage& passage) {
  return to_string(passage.kind) + " waited " + std::to_string(passage.waited.count()) + " remaining " +
         std::to_string(passage.remaining.count()) + " early " + std::to_string(passage.early);
}

}  // namespace

std::string to_string(Passage::Kind kind) {
  switch (kind) {
    case Passage::Kind::New:
      return "New";
    case Passage::Kind::Early:
      return "Early";
    case Passage::Kind::Passed:
      return "Passed";
    case Passage::Kind::Known:
      return "Known";
    case Passage::Kind::Trusted:
      return "Trusted";
  }
  return "?";
}

Approach StateStoreContract::numbered(int number, const std::string& client) {
  return {.client = client,
          .sender = "sender" + std::to_string(number) + "@example.org",
          .recipient = "recipient@example.net"};
}

Approach StateStoreContract::of_pool(int number, const std::string& domain, const std::string& network) {
  Approach what = numbered(number, domain);
  what.voucher = network;
  return what;
}

void StateStoreContract::assert_size(std::size_t pending, std::size_t passed, std::size_t clients) {
  const StateSize size = store_->size(now_);
  CPPUNIT_ASSERT_EQUAL(pending, size.pending);
  CPPUNIT_ASSERT_EQUAL(passed, size.passed);
  CPPUNIT_ASSERT_EQUAL(clients, size.clients);
}

void StateStoreContract::a_first_sight_waits_the_whole_delay() {
  const auto passage = come(numbered(1));
  ASSERT_KIND(Kind::New, passage);
  CPPUNIT_ASSERT(passage.remaining == rules_.delay);
}

void StateStoreContract::an_early_retry_does_not_restart_the_delay() {
  come(numbered(1));
  const auto early = come(numbered(1), Seconds(299));
  ASSERT_KIND(Kind::Early, early);
  CPPUNIT_ASSERT(early.waited == Seconds(299));
  CPPUNIT_ASSERT(early.remaining == Seconds(1));
  ASSERT_KIND(Kind::Passed, come(numbered(1), Seconds(1)));
}

void StateStoreContract::a_retry_in_time_passes_and_is_known_from_then_on() {
  rules_.trust_after = 0;
  come(numbered(1));
  const auto passed = come(numbered(1), minutes(6));
  ASSERT_KIND(Kind::Passed, passed);
  CPPUNIT_ASSERT(passed.waited == minutes(6));
  for (int i = 0; i < 3; ++i) ASSERT_KIND(Kind::Known, come(numbered(1), Seconds(1)));
}

void StateStoreContract::a_retry_after_the_window_starts_anew() {
  come(numbered(1));
  ASSERT_KIND(Kind::New, come(numbered(1), rules_.retry_window));
  ASSERT_KIND(Kind::Passed, come(numbered(1), rules_.retry_window - Seconds(1)));
}

void StateStoreContract::a_known_tuple_lives_keep_after_each_use() {
  rules_.trust_after = 0;
  come(numbered(1));
  come(numbered(1), minutes(5));
  for (int i = 0; i < 3; ++i) ASSERT_KIND(Kind::Known, come(numbered(1), rules_.keep - Seconds(1)));
  ASSERT_KIND(Kind::New, come(numbered(1), 2 * rules_.keep));
}

void StateStoreContract::reset_restarts_the_delay_and_counts_the_early_retries() {
  rules_.delay = hours(1);
  rules_.early_retry = EarlyRetry::Reset;
  rules_.reset_below = Seconds(180);
  come(numbered(1));
  const auto reset = come(numbered(1), Seconds(179));
  ASSERT_KIND(Kind::Early, reset);
  CPPUNIT_ASSERT(reset.remaining == hours(1));
  CPPUNIT_ASSERT_EQUAL(1U, reset.early);
  ASSERT_KIND(Kind::Early, come(numbered(1), hours(1) - Seconds(1)));
  const auto passed = come(numbered(1), Seconds(1));
  ASSERT_KIND(Kind::Passed, passed);
  CPPUNIT_ASSERT_EQUAL(1U, passed.early);
}

void StateStoreContract::penalty_lengthens_the_delay_with_each_early_retry() {
  rules_.early_retry = EarlyRetry::Penalty;
  come(numbered(1));
  CPPUNIT_ASSERT(come(numbered(1), minutes(1)).remaining == minutes(14));
  CPPUNIT_ASSERT(come(numbered(1), minutes(1)).remaining == minutes(23));
  ASSERT_KIND(Kind::Early, come(numbered(1), minutes(23) - Seconds(1)));
  const auto passed = come(numbered(1), minutes(10) + Seconds(1));
  ASSERT_KIND(Kind::Passed, passed);
  CPPUNIT_ASSERT_EQUAL(3U, passed.early);
}

void StateStoreContract::a_try_at_another_mx_is_the_same_try() {
  rules_.early_retry = EarlyRetry::Penalty;
  come(numbered(1));
  CPPUNIT_ASSERT_EQUAL(0U, come(numbered(1), Seconds(1)).early);
  const auto same = come(numbered(1), Seconds(58));
  CPPUNIT_ASSERT_EQUAL(0U, same.early);
  CPPUNIT_ASSERT(same.remaining == minutes(5) - Seconds(59));
  CPPUNIT_ASSERT_EQUAL(1U, come(numbered(1), Seconds(1)).early);
  CPPUNIT_ASSERT_EQUAL(1U, come(numbered(1), Seconds(59)).early);
  CPPUNIT_ASSERT_EQUAL(2U, come(numbered(1), Seconds(1)).early);
  ASSERT_KIND(Kind::Passed, come(numbered(1), minutes(23)));

  rules_.early_retry = EarlyRetry::Reset;
  come(numbered(2));
  CPPUNIT_ASSERT(come(numbered(2), Seconds(59)).remaining == minutes(5) - Seconds(59));
  CPPUNIT_ASSERT(come(numbered(2), Seconds(1)).remaining == minutes(5));
  CPPUNIT_ASSERT(come(numbered(2), Seconds(59)).remaining == minutes(5) - Seconds(59));
}

void StateStoreContract::a_clock_set_back_does_not_lock_a_tuple_out() {
  come(numbered(1));
  ASSERT_KIND(Kind::New, come(numbered(1), -hours(24 * 365)));
  ASSERT_KIND(Kind::Passed, come(numbered(1), minutes(5)));
}

void StateStoreContract::rules_and_time_come_with_each_call() {
  come(numbered(1));
  rules_.delay = hours(2);
  ASSERT_KIND(Kind::Early, come(numbered(1), hours(1)));
  rules_.delay = minutes(30);
  ASSERT_KIND(Kind::Passed, come(numbered(1)));
  // Years away from this computer's time.
  now_ = from_millis(4'000'000'000'000);
  ASSERT_KIND(Kind::New, come(numbered(1)));
  ASSERT_KIND(Kind::Passed, come(numbered(1), minutes(30)));
}

void StateStoreContract::a_client_is_trusted_after_so_many_passages() {
  come(numbered(1));
  come(numbered(2));
  ASSERT_KIND(Kind::Passed, come(numbered(1), minutes(5)));
  ASSERT_KIND(Kind::New, come(numbered(3)));
  ASSERT_KIND(Kind::Passed, come(numbered(2)));
  for (int i = 1; i < 6; ++i) ASSERT_KIND(Kind::Trusted, come(numbered(i)));
  assert_size(1, 2, 1);
}

void StateStoreContract::a_recipient_without_a_message_earns_no_trust() {
  knock(numbered(1));
  knock(numbered(2));
  ASSERT_KIND(Kind::Passed, knock(numbered(1), minutes(5)));
  ASSERT_KIND(Kind::Passed, knock(numbered(2)));
  for (int i = 0; i < 5; ++i) ASSERT_KIND(Kind::Known, knock(numbered(1)));
  assert_size(0, 2, 0);
  ASSERT_KIND(Kind::New, knock(numbered(3)));
  finish(numbered(1));
  ASSERT_KIND(Kind::Known, knock(numbered(1)));
  finish(numbered(1));
  ASSERT_KIND(Kind::Trusted, knock(numbered(3)));
}

void StateStoreContract::trust_of_either_client_is_enough() {
  rules_.trust_after = 1;
  come(numbered(1));
  come(numbered(1), minutes(5));
  ASSERT_KIND(Kind::Trusted, come(of_pool(2, "spf:example.org", "192.0.2.0/24")));
  ASSERT_KIND(Kind::New, come(of_pool(5, "spf:example.org", "198.51.100.0/24")));
  // Only passages count: a network's trust says nothing about a domain.
  ASSERT_KIND(Kind::New, come(of_pool(3, "spf:example.org", "203.0.113.0/24")));
  ASSERT_KIND(Kind::Passed, come(of_pool(3, "spf:example.org", "203.0.113.0/24"), minutes(5)));
  ASSERT_KIND(Kind::Trusted, come(of_pool(4, "spf:example.org", "198.51.100.0/24")));
}

void StateStoreContract::a_message_counts_for_both_clients() {
  rules_.trust_after = 2;
  for (int i = 1; i <= 2; ++i) {
    const Approach what = of_pool(i, "spf:customer" + std::to_string(i) + ".example", "192.0.2.0/24");
    come(what);
    ASSERT_KIND(Kind::Passed, come(what, minutes(5)));
  }
  assert_size(0, 2, 3);
  ASSERT_KIND(Kind::Trusted, come(of_pool(3, "spf:customer3.example", "192.0.2.0/24")));
  ASSERT_KIND(Kind::Trusted, come(numbered(4, "192.0.2.0/24")));
  ASSERT_KIND(Kind::New, come(of_pool(4, "spf:customer1.example", "198.51.100.0/24")));
}

void StateStoreContract::trust_of_either_client_is_renewed() {
  rules_.trust_after = 1;
  come(numbered(1));
  come(numbered(1), minutes(5));
  for (int i = 0; i < 3; ++i)
    ASSERT_KIND(Kind::Trusted,
                knock(of_pool(2, "spf:example.org", "192.0.2.0/24"), rules_.keep - Seconds(1)));
  // If the network's trust is checked afterwards, the tuple is stored.
  const StateSize size = store_->size(now_);
  CPPUNIT_ASSERT_EQUAL(std::size_t{keeps_clients_together() ? 0U : 1U}, size.pending);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, size.clients);
}

void StateStoreContract::trust_that_lapses_is_not_renewed() {
  rules_.trust_after = 1;
  const auto of_network = [](int number) {
    Approach what = numbered(number);
    what.lapses = true;
    return what;
  };
  come(numbered(1));
  come(numbered(1), minutes(5));
  ASSERT_KIND(Kind::Trusted, knock(of_network(2), rules_.keep - Seconds(1)));
  ASSERT_KIND(Kind::Trusted, knock(of_network(2), rules_.keep / 32));
  ASSERT_KIND(Kind::New, knock(of_network(2), Seconds(1)));
  // The other one is renewed in the same step; on another node it is asked about only later.
  if (!keeps_clients_together()) return;
  Approach what = of_pool(3, "192.0.2.0/24", "192.0.2.7/32");
  what.lapses = true;
  come(what);
  come(what, minutes(5));
  for (int i = 0; i < 3; ++i) {
    what.sender = std::to_string(i) + "@example.org";
    ASSERT_KIND(Kind::Trusted, knock(what, rules_.keep - Seconds(1)));
  }
}

void StateStoreContract::trust_is_of_one_client_only() {
  rules_.trust_after = 1;
  come(numbered(1));
  come(numbered(1), minutes(5));
  ASSERT_KIND(Kind::Trusted, come(numbered(2)));
  ASSERT_KIND(Kind::New, come(numbered(2, "192.0.3.0/24")));
  ASSERT_KIND(Kind::New, come(numbered(2, "192.0.2.0/25")));
  ASSERT_KIND(Kind::New, come(numbered(2, "2001:db8::/64")));
}

void StateStoreContract::trust_ends_after_keep_without_mail() {
  rules_.trust_after = 1;
  come(numbered(1));
  come(numbered(1), minutes(5));
  for (int i = 0; i < 3; ++i) ASSERT_KIND(Kind::Trusted, come(numbered(2), rules_.keep - Seconds(1)));
  ASSERT_KIND(Kind::New, come(numbered(2), 2 * rules_.keep));
}

void StateStoreContract::trust_can_be_switched_off() {
  rules_.trust_after = 0;
  come(numbered(1));
  come(numbered(1), minutes(5));
  for (int i = 0; i < 5; ++i) ASSERT_KIND(Kind::Known, come(numbered(1)));
  ASSERT_KIND(Kind::New, come(numbered(2)));
  assert_size(1, 1, 0);
}

void StateStoreContract::tuples_that_differ_in_one_part_are_independent() {
  const Approach tuples[] = {
      {.client = "192.0.2.0/24", .sender = "a@example.org", .recipient = "b@example.net"},
      {.client = "192.0.3.0/24", .sender = "a@example.org", .recipient = "b@example.net"},
      {.client = "192.0.2.0/24", .sender = "c@example.org", .recipient = "b@example.net"},
      {.client = "192.0.2.0/24", .sender = "a@example.org", .recipient = "d@example.net"},
      {.client = "192.0.2.0/24", .sender = "<>", .recipient = "b@example.net"},
      // Swapped, and split elsewhere.
      {.client = "192.0.2.0/24", .sender = "b@example.net", .recipient = "a@example.org"},
      {.client = "192.0.2.0/24", .sender = "a@example.or", .recipient = "gb@example.net"},
      {.client = "192.0.2.0/2", .sender = "4a@example.org", .recipient = "b@example.net"},
  };
  rules_.trust_after = 0;
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::New, come(tuple, minutes(1)));
  assert_size(std::size(tuples), 0, 0);
  now_ += minutes(5);
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::Passed, come(tuple));
  assert_size(0, std::size(tuples), 0);
}

void StateStoreContract::names_are_octets_whatever_they_look_like() {
  using namespace std::string_literals;
  const std::string longest(1023, 'x');
  const std::string names[] = {
      "a",
      "A",
      "a ",
      " a",
      "a\n",
      "a\0"s,
      "a\0b"s,
      "a\0c"s,
      "\0"s,
      "\0\0"s,
      "'",
      "''",
      "\"",
      "\\",
      "%",
      "_",
      "*",
      "?1",
      ":a",
      "$1",
      "{a}",
      "0",
      "00",
      "0.0",
      "1e1",
      "10",
      "NULL",
      "'; DROP TABLE greylist; --",
      "a' OR '1'='1",
      "\"); DELETE FROM client; --",
      "\r\n*1\r\n$8\r\nFLUSHALL\r\n",
      "\xc3\xa4@example.org",
      "a\xcc\x88@example.org",  // looks the same to a reader
      "\xff\xfe",
      "\xc3",
      "\xed\xa0\x80",
      "\xf4\x90\x80\x80",
      longest + "a",
      longest + "b",
      longest + "\xc3",
  };
  rules_.trust_after = 0;
  std::vector<Approach> tuples;
  for (const auto& name : names) {
    tuples.push_back({.client = name, .sender = "s", .recipient = "r"});
    tuples.push_back({.client = "c", .sender = name, .recipient = "r"});
    tuples.push_back({.client = "c", .sender = "s", .recipient = name});
    tuples.push_back({.client = name, .sender = name, .recipient = name});
  }
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::New, come(tuple));
  assert_size(tuples.size(), 0, 0);
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::Early, come(tuple));
  now_ += minutes(5);
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::Passed, come(tuple));
  for (const auto& tuple : tuples) ASSERT_KIND(Kind::Known, come(tuple));
  assert_size(0, tuples.size(), 0);
}

void StateStoreContract::the_oldest_unretried_tuple_gives_way() {
  rules_.max_pending = 3;
  for (int i = 0; i < 5; ++i) ASSERT_KIND(Kind::New, come(numbered(i), Seconds(1)));
  assert_size(3, 0, 0);
  for (int i = 2; i < 5; ++i) ASSERT_KIND(Kind::Early, come(numbered(i)));
  ASSERT_KIND(Kind::New, come(numbered(1)));
  ASSERT_KIND(Kind::New, come(numbered(2)));
  ASSERT_KIND(Kind::Early, come(numbered(4)));
  assert_size(3, 0, 0);
}

void StateStoreContract::clients_do_not_push_out_each_other() {
  rules_.max_pending = 2;
  come(numbered(1, "198.51.100.0/24"));
  for (int i = 0; i < 50; ++i) come(numbered(i), Seconds(1));
  ASSERT_KIND(Kind::Early, come(numbered(1, "198.51.100.0/24")));
  assert_size(3, 0, 0);
}

void StateStoreContract::what_has_passed_neither_counts_nor_gives_way() {
  rules_.trust_after = 0;
  rules_.max_pending = 2;
  for (int i = 0; i < 4; ++i) {
    come(numbered(i));
    ASSERT_KIND(Kind::Passed, come(numbered(i), minutes(5)));
  }
  come(numbered(10));
  come(numbered(11), Seconds(1));
  ASSERT_KIND(Kind::Early, come(numbered(10)));
  come(numbered(12), Seconds(1));
  for (int i = 0; i < 4; ++i) ASSERT_KIND(Kind::Known, come(numbered(i)));
  assert_size(2, 4, 0);
}

void StateStoreContract::an_early_retry_takes_no_second_place() {
  rules_.max_pending = 2;
  rules_.early_retry = EarlyRetry::Penalty;
  come(numbered(1));
  come(numbered(2), Seconds(1));
  for (int i = 0; i < 5; ++i) ASSERT_KIND(Kind::Early, come(numbered(2), Seconds(1)));
  ASSERT_KIND(Kind::Early, come(numbered(1)));
  // Nor does one that restarts after its window.
  now_ += rules_.retry_window;
  ASSERT_KIND(Kind::New, come(numbered(1)));
  ASSERT_KIND(Kind::New, come(numbered(2), Seconds(1)));
  ASSERT_KIND(Kind::Early, come(numbered(1)));
}

void StateStoreContract::a_reset_tuple_is_no_longer_the_oldest() {
  rules_.max_pending = 2;
  rules_.early_retry = EarlyRetry::Reset;
  come(numbered(1));
  come(numbered(2), Seconds(1));
  ASSERT_KIND(Kind::Early, come(numbered(1), kSameTry));
  come(numbered(3), Seconds(1));
  ASSERT_KIND(Kind::Early, come(numbered(1)));
  ASSERT_KIND(Kind::New, come(numbered(2)));
}

void StateStoreContract::the_newest_never_gives_way_even_if_its_time_is_the_oldest() {
  rules_.max_pending = 2;
  come(numbered(1));
  come(numbered(2), Seconds(1));
  ASSERT_KIND(Kind::New, come(numbered(3), -hours(24)));
  ASSERT_KIND(Kind::Early, come(numbered(3), Seconds(1)));
  rules_.max_pending = 1;
  ASSERT_KIND(Kind::New, come(numbered(4)));
  ASSERT_KIND(Kind::Passed, come(numbered(4), minutes(5)));
}

void StateStoreContract::a_lower_bound_holds_from_the_next_first_sight_on() {
  for (int i = 0; i < 20; ++i) come(numbered(i), Seconds(1));
  rules_.max_pending = 5;
  assert_size(20, 0, 0);
  come(numbered(20), Seconds(1));
  assert_size(5, 0, 0);
  for (int i = 16; i < 21; ++i) ASSERT_KIND(Kind::Early, come(numbered(i)));
}

void StateStoreContract::the_whole_store_is_bounded() {
  rules_.trust_after = 0;
  rules_.max_tuples = 8;
  const auto of = [](int number) { return numbered(number, "10.0." + std::to_string(number) + ".0/24"); };
  const auto settle = [&] {
    if (!bounded_at_once()) store_->purge(now_, rules_, 1000);
    const StateSize size = store_->size(now_);
    return size.pending + size.passed;
  };
  for (int i = 1; i <= 3; ++i) come(of(i));
  now_ += minutes(5);
  for (int i = 1; i <= 3; ++i) ASSERT_KIND(Kind::Passed, come(of(i)));
  // A flood displaces itself, the oldest first.
  for (int i = 11; i <= 30; ++i) come(of(i), minutes(1));
  CPPUNIT_ASSERT_EQUAL(std::size_t{8}, settle());
  assert_size(5, 3, 0);
  ASSERT_KIND(Kind::Early, come(of(30)));
  ASSERT_KIND(Kind::Known, come(of(1)));
  ASSERT_KIND(Kind::Passed, come(of(26), Seconds(60)));
  // A lower bound takes effect with a purge; a quarter of it is for those that wait.
  rules_.max_tuples = 4;
  store_->purge(now_, rules_, 1000);
  const StateSize size = store_->size(now_);
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, size.pending);
  if (bounded_at_once()) CPPUNIT_ASSERT_EQUAL(std::size_t{3}, size.passed);
  ASSERT_KIND(Kind::Passed, come(of(30), minutes(5)));
}

void StateStoreContract::purge_forgets_what_is_over_and_nothing_else() {
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->purge(now_, rules_, 100));
  rules_.trust_after = 0;
  come(numbered(1));
  come(numbered(1), minutes(5));
  come(numbered(2));
  come(numbered(3), Seconds(1));
  now_ += rules_.retry_window - Seconds(2);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->purge(now_, rules_, 100));
  now_ += Seconds(1);  // exactly when 2 expires
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, store_->purge(now_, rules_, 100));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->purge(now_, rules_, 100));
  ASSERT_KIND(Kind::Known, come(numbered(1)));
  ASSERT_KIND(Kind::Passed, come(numbered(3)));
  ASSERT_KIND(Kind::New, come(numbered(2)));
  now_ += 2 * rules_.keep;
  CPPUNIT_ASSERT_EQUAL(std::size_t{3}, store_->purge(now_, rules_, 100));
  now_ -= 2 * rules_.keep;
  assert_size(0, 0, 0);
}

void StateStoreContract::purge_stops_at_its_bound() {
  for (int i = 0; i < 10; ++i) come(numbered(i));
  now_ += rules_.retry_window;
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->purge(now_, rules_, 0));
  CPPUNIT_ASSERT_EQUAL(std::size_t{4}, store_->purge(now_, rules_, 4));
  now_ -= Seconds(1);
  assert_size(6, 0, 0);
  now_ += Seconds(1);
  CPPUNIT_ASSERT_EQUAL(std::size_t{4}, store_->purge(now_, rules_, 4));
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->purge(now_, rules_, 4));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->purge(now_, rules_, 4));
}

// More than a store takes at once by itself.
void StateStoreContract::purge_takes_large_steps_whole() {
  rules_.max_pending = 3000;
  at_once([this](int thread) {
    for (int i = 0; i < 250; ++i) store_->approach(numbered(thread * 250 + i), rules_, now_, patience());
  });
  now_ += rules_.retry_window;
  come(numbered(-1));
  CPPUNIT_ASSERT_EQUAL(std::size_t{1900}, store_->purge(now_, rules_, 1900));
  CPPUNIT_ASSERT_EQUAL(std::size_t{100}, store_->purge(now_, rules_, 1900));
  assert_size(1, 0, 0);
}

void StateStoreContract::purge_forgets_clients_too() {
  rules_.trust_after = 1;
  for (int i = 0; i < 3; ++i) come(numbered(1, "192.0.2." + std::to_string(i) + "/32"));
  now_ += minutes(5);
  for (int i = 0; i < 3; ++i) come(numbered(1, "192.0.2." + std::to_string(i) + "/32"));
  assert_size(0, 3, 3);
  now_ += 2 * rules_.keep;
  CPPUNIT_ASSERT_EQUAL(std::size_t{4}, store_->purge(now_, rules_, 4));
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->purge(now_, rules_, 4));
  now_ -= 2 * rules_.keep;
  assert_size(0, 0, 0);
}

void StateStoreContract::size_counts_what_is_alive() {
  assert_size(0, 0, 0);
  come(numbered(1));
  come(numbered(2));
  assert_size(2, 0, 0);
  come(numbered(1), minutes(5));
  assert_size(1, 1, 1);
  now_ += rules_.retry_window;
  assert_size(0, 1, 1);
  now_ += 2 * rules_.keep;
  assert_size(0, 0, 0);
}

void StateStoreContract::threads_on_one_tuple_see_one_first_sight() {
  constexpr int kRounds = 50;
  std::atomic<int> fresh{0};
  std::atomic<int> early{0};
  at_once([&](int) {
    for (int i = 0; i < kRounds; ++i) {
      const auto passage = store_->approach(numbered(i), rules_, now_, patience());
      fresh += passage.kind == Kind::New ? 1 : 0;
      early += passage.kind == Kind::Early ? 1 : 0;
    }
  });
  CPPUNIT_ASSERT_EQUAL(kRounds, fresh.load());
  CPPUNIT_ASSERT_EQUAL(kRounds * (kThreads - 1), early.load());

  rules_.trust_after = 0;
  std::atomic<int> passed{0};
  now_ += minutes(5);
  at_once([&](int) {
    for (int i = 0; i < kRounds; ++i)
      passed += store_->approach(numbered(i), rules_, now_, patience()).kind == Kind::Passed ? 1 : 0;
  });
  CPPUNIT_ASSERT_EQUAL(kRounds, passed.load());
}

void StateStoreContract::threads_on_many_tuples_lose_nothing() {
  constexpr int kEach = 200;
  std::atomic<int> wrong{0};
  const auto all_are = [&](Kind kind) {
    at_once([&, kind](int thread) {
      const std::string client = "192.0.2." + std::to_string(thread) + "/32";
      for (int i = 0; i < kEach; ++i)
        wrong += store_->approach(numbered(i, client), rules_, now_, patience()).kind == kind ? 0 : 1;
    });
  };
  rules_.trust_after = 0;
  all_are(Kind::New);
  assert_size(std::size_t{kThreads} * kEach, 0, 0);
  all_are(Kind::Early);
  now_ += minutes(5);
  all_are(Kind::Passed);
  all_are(Kind::Known);
  CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  assert_size(0, std::size_t{kThreads} * kEach, 0);
}

void StateStoreContract::mail_and_purge_at_once_lose_nothing() {
  constexpr int kEach = 200;
  rules_.max_pending = 10 * kEach;
  for (int i = 0; i < kEach; ++i) come(numbered(i, "old"));
  now_ += rules_.retry_window;
  std::atomic<int> wrong{0};
  std::atomic<std::size_t> purged{0};
  at_once([&](int thread) {
    for (int i = 0; i < kEach; ++i) {
      if (thread == 0) {
        purged += store_->purge(now_, rules_, 3);
        continue;
      }
      const std::string client = "192.0.2." + std::to_string(thread) + "/32";
      const auto kind = store_->approach(numbered(i, client), rules_, now_, patience()).kind;
      wrong += kind == Kind::New ? 0 : 1;
    }
  });
  CPPUNIT_ASSERT_EQUAL(0, wrong.load());
  CPPUNIT_ASSERT_EQUAL(std::size_t{kEach}, purged.load());
  assert_size((std::size_t{kThreads} - 1) * kEach, 0, 0);
}

// It may answer if that takes no waiting.
void StateStoreContract::a_deadline_that_has_passed_is_no_reason_to_hang() {
  const auto begun = std::chrono::steady_clock::now();
  const Deadline passed(Milliseconds(-1000));
  try {
    ASSERT_KIND(Kind::New, store_->approach(numbered(1), rules_, now_, passed));
  } catch (const BackendError& error) {
    CPPUNIT_ASSERT(!std::string(error.what()).empty());
  }
  try {
    store_->flush(passed);
  } catch (const BackendError& error) {
    CPPUNIT_ASSERT(!std::string(error.what()).empty());
  }
  CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < Seconds(2));
  // The store still works.
  ASSERT_KIND(Kind::New, come(numbered(2)));
  ASSERT_KIND(Kind::Early, come(numbered(2)));
}

void StateStoreContract::flush_returns_and_changes_nothing() {
  store_->flush(patience());
  come(numbered(1));
  store_->flush(patience());
  ASSERT_KIND(Kind::Early, come(numbered(1)));
  store_->flush(patience());
  assert_size(1, 0, 0);
}

void StateStoreContract::it_agrees_with_a_plain_model_whatever_comes() {
  std::mt19937 random(20210808);  // NOLINT(cert-msc32-c,cert-msc51-cpp): the same each time
  Model model;
  for (int i = 0; i < model_steps(); ++i) {
    if (i % 500 == 0) rules_ = random_rules(random);
    // No two steps at the same time: it is undefined which of two equally old entries makes room.
    now_ += Milliseconds(1 + random() % (random() % 100 == 0 ? 6 * 3600 * 1000 : 60 * 1000));
    const std::string step = "step " + std::to_string(i);
    if (random() % 50 == 0)
      CPPUNIT_ASSERT_EQUAL_MESSAGE(step, model.purge(now_), store_->purge(now_, rules_, 1000));
    if (random() % 50 == 0) {
      const auto size = model.size(now_);
      assert_size(size.pending, size.passed, size.clients);
    }
    Approach what = numbered(static_cast<int>(random() % 12), "client" + std::to_string(random() % 4));
    if (keeps_clients_together() && random() % 2 == 0)
      what.voucher = "voucher" + std::to_string(random() % 3);
    what.lapses = random() % 4 == 0;
    const Passage wanted = model.approach(what, rules_, now_);
    const Passage got = store_->approach(what, rules_, now_, patience());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(step, describe(wanted), describe(got));
    if (got.must_wait() || got.kind == Kind::Trusted || rules_.trust_after == 0 || random() % 4 == 0)
      continue;
    finish(what);
    model.count_passage(what.client, rules_, now_);
    if (!what.voucher.empty()) model.count_passage(what.voucher, rules_, now_);
  }
}

}  // namespace mailreeve
