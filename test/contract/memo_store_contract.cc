// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/memo_store_contract.h"

#include <atomic>
#include <thread>
#include <vector>

namespace mailreeve {

namespace {

using Answer = std::optional<std::string>;
constexpr Seconds kHour{3600};

std::size_t count_of(StateStore& store, Deadline deadline) {
  std::size_t out = 0;
  std::string place;
  for (;;) {
    const auto entries = store.list(place, 7, deadline);
    if (entries.empty()) return out;
    out += entries.size();
  }
}

}  // namespace

void MemoStoreContract::what_is_remembered_is_recalled_until_it_is_over() {
  CPPUNIT_ASSERT(!recall("alice"));
  CPPUNIT_ASSERT(remember("alice", "first", kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer("first"));
  now_ += kHour - Milliseconds(1);
  CPPUNIT_ASSERT(recall("alice") == Answer("first"));
  now_ += Milliseconds(1);
  CPPUNIT_ASSERT(!recall("alice"));
  CPPUNIT_ASSERT(remember("alice", "second", kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer("second"));
}

void MemoStoreContract::the_first_one_stays() {
  CPPUNIT_ASSERT(remember("alice", "", kHour));
  CPPUNIT_ASSERT(!remember("alice", "second", kHour));
  CPPUNIT_ASSERT(!remember("alice", "third", 24 * kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer(""));
}

void MemoStoreContract::a_clock_that_was_ahead_is_not_believed() {
  now_ += 72 * kHour;
  CPPUNIT_ASSERT(remember("alice", "ahead", kHour));
  now_ -= 72 * kHour;
  CPPUNIT_ASSERT(remember("alice", "now", kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer("now"));
}

void MemoStoreContract::what_is_renewed_lasts_until_the_later_end() {
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, renew("alice", "first", kHour));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, renew("alice", "same end", kHour));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, renew("alice", "shorter", kHour / 2));
  CPPUNIT_ASSERT(recall("alice") == Answer("first"));
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, renew("alice", "longer", 2 * kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer("longer"));
  now_ += kHour;
  CPPUNIT_ASSERT(recall("alice") == Answer("longer"));
  store_->purge(now_, GreylistRules(), 1000);
  CPPUNIT_ASSERT(recall("alice") == Answer("longer"));
  now_ += kHour;
  CPPUNIT_ASSERT(!recall("alice"));
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, renew("alice", "anew", kHour));
  CPPUNIT_ASSERT(recall("alice") == Answer("anew"));
}

void MemoStoreContract::many_are_remembered_in_one_call() {
  std::vector<Memo> memos;
  for (int i = 0; i < 50; ++i)
    memos.push_back({.kind = i % 2 == 0 ? "a" : "b",
                     .key = std::to_string(i),
                     .value = "v" + std::to_string(i),
                     .until = now_ + kHour});
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->remember({}, IfKnown::Renewed, now_, patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{50}, store_->remember(memos, IfKnown::Stays, now_, patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->remember(memos, IfKnown::Stays, now_, patience()));
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->remember(memos, IfKnown::Renewed, now_, patience()));
  for (int i = 0; i < 50; i += 5) memos[static_cast<std::size_t>(i)].until += kHour;
  CPPUNIT_ASSERT_EQUAL(std::size_t{10}, store_->remember(memos, IfKnown::Renewed, now_, patience()));
  now_ += kHour;
  for (int i = 0; i < 50; ++i)
    CPPUNIT_ASSERT_EQUAL(i % 5 == 0, recall(std::to_string(i), i % 2 == 0 ? "a" : "b").has_value());
  CPPUNIT_ASSERT(recall("5", "b") == Answer("v5"));
}

void MemoStoreContract::kinds_and_keys_are_octets_and_independent() {
  const std::vector<std::string> keys{"alice",
                                      "Alice",
                                      "alice ",
                                      "a:b",
                                      "'; DROP TABLE x; --",
                                      "a{b}:c",
                                      "\xff\xfe",
                                      "\xc3\xa9",
                                      std::string(1024, 'x')};
  for (const char* kind : {"a", "b", "notice"})
    for (const auto& key : keys) CPPUNIT_ASSERT(remember(key, kind + key, kHour, kind));
  for (const char* kind : {"a", "b", "notice"})
    for (const auto& key : keys) CPPUNIT_ASSERT(recall(key, kind) == Answer(kind + key));
  CPPUNIT_ASSERT_EQUAL(lists() ? 3 * keys.size() : 0, count_of(*store_, patience()));
}

void MemoStoreContract::a_purge_takes_what_is_over_only() {
  for (int i = 0; i < 30; ++i) remember(std::to_string(i), "x", (i % 3 + 1) * kHour);
  now_ += 2 * kHour;
  store_->purge(now_, GreylistRules(), 1000);
  for (int i = 0; i < 30; ++i) CPPUNIT_ASSERT_EQUAL(i % 3 == 2, recall(std::to_string(i)).has_value());
  now_ += kHour;
  store_->purge(now_, GreylistRules(), 1000);
  CPPUNIT_ASSERT(!recall("2"));
}

void MemoStoreContract::of_two_stores_the_one_that_ends_last_stays() {
  remember("alice", "here", kHour);
  const auto put = [&](const char* value, Seconds life) {
    const StateEntry entry[] = {Memo{.kind = "kind", .key = "alice", .value = value, .until = now_ + life}};
    store_->put(entry, now_, patience());
  };
  put("shorter", kHour - Seconds(1));
  CPPUNIT_ASSERT(recall("alice") == Answer("here"));
  put("longer", 2 * kHour);
  CPPUNIT_ASSERT(recall("alice") == Answer("longer"));
}

void MemoStoreContract::of_many_threads_one_remembers() {
  std::atomic<int> first{0};
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i)
    threads.emplace_back([&, i] {
      for (int key = 0; key < 20; ++key)
        first += remember(std::to_string(key), std::to_string(i), kHour) ? 1 : 0;
    });
  for (auto& thread : threads) thread.join();
  CPPUNIT_ASSERT_EQUAL(20, first.load());
}

}  // namespace mailreeve
