// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/archive_store_contract.h"

#include <algorithm>

#include "store/state/memory_store.h"

namespace mailreeve {

namespace {

std::string text(TimePoint when) { return std::to_string(to_millis(when)); }
std::string text(const std::optional<TimePoint>& when) { return when ? text(*when) : "-"; }

std::string describe(const StateEntry& entry) {
  if (const auto* tuple = std::get_if<TupleEntry>(&entry))
    return "tuple " + tuple->client + " " + tuple->sender + " " + tuple->recipient + " " +
           // The beginning of a wait does not matter once the wait is over.
           (tuple->state.passed ? "passed" : text(tuple->state.first)) + " " + text(tuple->state.expires);
  if (const auto* client = std::get_if<ClientEntry>(&entry))
    return "client " + client->client + " " + std::to_string(client->state.passes) + " " +
           text(client->state.expires);
  if (const auto* memo = std::get_if<Memo>(&entry))
    return "memo " + memo->kind + " " + memo->key + " " + memo->value + " " + text(memo->until);
  const auto& sent = std::get<SentEntry>(entry);
  std::vector<std::string> parts;
  for (const auto& part : sent.state.parts)
    parts.push_back(std::to_string(part.window.count()) + ":" + text(part.begin) + "=" +
                    std::to_string(part.recipients) + "/" + std::to_string(part.messages) + "<" +
                    text(part.expires));
  std::sort(parts.begin(), parts.end());
  std::string out = "sent " + sent.user + " " + text(sent.state.since) + " " + text(sent.state.last) + " " +
                    text(sent.state.exceeded);
  for (const auto& part : parts) out += " " + part;
  return out;
}

// The number that fill() stores.
constexpr std::size_t kMemos = 30;

}  // namespace

Passage ArchiveStoreContract::come(const std::string& client, const std::string& sender, Seconds later) {
  now_ += later;
  const Passage passage = store_->approach(
      {.client = client, .sender = sender, .recipient = "bob@example.net"}, rules_, now_, patience());
  if (rules_.trust_after > 0 &&
      (passage.kind == Passage::Kind::Passed || passage.kind == Passage::Kind::Known))
    store_->count_passage(std::vector{client}, rules_, now_, patience());
  return passage;
}

std::vector<std::string> ArchiveStoreContract::all_of(StateStore& store, std::size_t page) {
  std::vector<std::string> out;
  std::string place;
  for (;;) {
    const auto entries = store.list(place, page, patience());
    if (entries.empty()) break;
    for (const auto& entry : entries) out.push_back(describe(entry));
  }
  std::sort(out.begin(), out.end());
  return out;
}

// Some of each: waiting, early, passed, trusted, and what users sent.
void ArchiveStoreContract::fill() {
  rules_.early_retry = EarlyRetry::Penalty;
  rules_.trust_after = 3;
  quota_.limits = {Limit{.most = 100, .unit = Unit::Recipients, .window = Seconds(3600)},
                   Limit{.most = 10, .unit = Unit::Messages, .window = kDaily}};
  quota_.day_begin = now_ - Seconds(1000);
  quota_.day_end = quota_.day_begin + Seconds(86400);
  for (int i = 0; i < 30; ++i) {
    const std::string client = "192.0.2." + std::to_string(i % 5) + "/32";
    const std::string sender = "s" + std::to_string(i) + "@example.com";
    come(client, sender);
    if (i % 3 == 0) come(client, sender, Seconds(10));
    if (i % 7 == 0) come(client, sender, Seconds(7200));
    const std::string user = "user" + std::to_string(i % 4);
    store_->charge(user, quota_, 1 + i, now_, patience());
    if (i % 11 == 0) store_->claim_notice(user, now_, notice_period(now_, now_ + Seconds(5000)), patience());
    store_->remember_if_absent({.kind = "kind" + std::to_string(i % 2),
                                .key = "key:" + std::to_string(i),
                                .value = "value " + std::to_string(i),
                                .until = now_ + Seconds(5000)},
                               now_, patience());
  }
  come("spf:example.org", "<>");
}

void ArchiveStoreContract::an_empty_store_lists_nothing() {
  CPPUNIT_ASSERT(all_of(*store_).empty());
  CPPUNIT_ASSERT(store_->of_client("192.0.2.0/24", patience()).empty());
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, store_->forget_client("192.0.2.0/24", patience()));
}

void ArchiveStoreContract::everything_is_listed_once() {
  fill();
  const auto all = all_of(*store_);
  CPPUNIT_ASSERT(std::adjacent_find(all.begin(), all.end()) == all.end());
  const StateSize size = store_->size(now_ - Seconds(100000));
  CPPUNIT_ASSERT_EQUAL(size.pending + size.passed + size.clients + size.users + kMemos, all.size());
  for (const std::size_t page : {1, 3, 1000}) CPPUNIT_ASSERT(all == all_of(*store_, page));
}

void ArchiveStoreContract::a_client_is_shown_with_its_tuples() {
  fill();
  std::vector<std::string> wanted;
  for (const auto& line : all_of(*store_))
    if (line.find(" 192.0.2.3/32 ") != std::string::npos) wanted.push_back(line);
  std::vector<std::string> got;
  for (const auto& entry : store_->of_client("192.0.2.3/32", patience())) got.push_back(describe(entry));
  std::sort(got.begin(), got.end());
  CPPUNIT_ASSERT(wanted.size() > 3);
  CPPUNIT_ASSERT(wanted == got);
}

void ArchiveStoreContract::a_forgotten_client_starts_anew() {
  come("a", "s@example.com");
  come("a", "s@example.com", rules_.delay);
  come("a", "s@example.com");
  come("b", "s@example.com");
  CPPUNIT_ASSERT(come("a", "s@example.com").kind == Passage::Kind::Trusted);
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, store_->forget_client("a", patience()));
  CPPUNIT_ASSERT(store_->of_client("a", patience()).empty());
  CPPUNIT_ASSERT(come("a", "s@example.com").kind == Passage::Kind::New);
  CPPUNIT_ASSERT(come("b", "s@example.com").kind == Passage::Kind::Early);
}

void ArchiveStoreContract::what_is_put_is_known() {
  const std::vector<StateEntry> entries{
      TupleEntry{.client = "a",
                 .sender = "s@example.com",
                 .recipient = "bob@example.net",
                 .state = {.first = now_ - rules_.delay,
                           .last = now_ - rules_.delay,
                           .early = 0,
                           .passed = false,
                           .expires = now_ + Seconds(1000)}},
      TupleEntry{
          .client = "b",
          .sender = "s@example.com",
          .recipient = "bob@example.net",
          .state =
              {.first = now_, .last = now_, .early = 0, .passed = true, .expires = now_ + Seconds(1000)}},
      ClientEntry{.client = "c", .state = {.passes = rules_.trust_after, .expires = now_ + Seconds(1000)}}};
  store_->put(entries, now_, patience());
  CPPUNIT_ASSERT(come("a", "s@example.com").kind == Passage::Kind::Passed);
  CPPUNIT_ASSERT(come("b", "s@example.com").kind == Passage::Kind::Known);
  CPPUNIT_ASSERT(come("c", "x@example.com").kind == Passage::Kind::Trusted);
  const StateSize size = store_->size(now_);
  CPPUNIT_ASSERT_EQUAL(std::size_t{0}, size.pending);
  CPPUNIT_ASSERT_EQUAL(std::size_t{2}, size.passed);
}

void ArchiveStoreContract::putting_the_same_twice_changes_nothing() {
  fill();
  const auto before = all_of(*store_);
  std::string place;
  const auto entries = store_->list(place, 1000, patience());
  for (int i = 0; i < 2; ++i) store_->put(entries, now_, patience());
  CPPUNIT_ASSERT(before == all_of(*store_));
  const StateSize size = store_->size(now_ - Seconds(100000));
  CPPUNIT_ASSERT_EQUAL(before.size(), size.pending + size.passed + size.clients + size.users + kMemos);
}

void ArchiveStoreContract::what_is_put_is_merged_with_what_is_there() {
  come("a", "s@example.com");
  rules_.trust_after = 0;
  const TupleEntry earlier{.client = "a",
                           .sender = "s@example.com",
                           .recipient = "bob@example.net",
                           .state = {.first = now_ - Seconds(200),
                                     .last = now_ - Seconds(200),
                                     .early = 0,
                                     .passed = false,
                                     .expires = now_ + Seconds(1000)}};
  store_->put(std::vector<StateEntry>{earlier}, now_, patience());
  CPPUNIT_ASSERT(come("a", "s@example.com").waited == Seconds(200));
  TupleEntry later = earlier;
  later.state.first = now_ + Seconds(1);
  store_->put(std::vector<StateEntry>{later}, now_, patience());
  CPPUNIT_ASSERT(come("a", "s@example.com", Seconds(1)).waited == Seconds(201));
  TupleEntry passed = earlier;
  passed.state.passed = true;
  store_->put(std::vector<StateEntry>{passed}, now_, patience());
  CPPUNIT_ASSERT(come("a", "s@example.com").kind == Passage::Kind::Known);
  store_->put(std::vector<StateEntry>{earlier}, now_, patience());
  CPPUNIT_ASSERT(come("a", "s@example.com").kind == Passage::Kind::Known);
}

void ArchiveStoreContract::a_store_can_be_copied() {
  fill();
  MemoryStore other;
  std::string place;
  for (;;) {
    const auto entries = store_->list(place, 10, patience());
    if (entries.empty()) break;
    other.put(entries, now_, patience());
  }
  CPPUNIT_ASSERT(all_of(*store_) == all_of(other));
  store_ = make_store();
  place.clear();
  for (;;) {
    const auto entries = other.list(place, 10, patience());
    if (entries.empty()) break;
    store_->put(entries, now_, patience());
  }
  CPPUNIT_ASSERT(all_of(*store_) == all_of(other));
  CPPUNIT_ASSERT(store_->charge("user1", quota_, 1, now_, patience()).used ==
                 other.charge("user1", quota_, 1, now_, patience()).used);
}

}  // namespace mailreeve
