// SPDX-License-Identifier: BSD-2-Clause
#include "dns/answer_cache.h"

#include <cppunit/extensions/HelperMacros.h>

using namespace mailreeve;

namespace {

constexpr SteadyTime kStart{};

DnsAnswer answer(DnsAnswer::Status status, std::uint32_t ttl) {
  DnsAnswer made;
  made.status = status;
  made.ttl = ttl;
  return made;
}

DnsAnswer text(std::string value) {
  auto made = answer(DnsAnswer::Status::Found, 300);
  made.texts.push_back(std::move(value));
  return made;
}

}  // namespace

class AnswerCacheTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AnswerCacheTest);
  CPPUNIT_TEST(an_answer_is_found_until_its_ttl_is_over);
  CPPUNIT_TEST(its_ttl_runs_down);
  CPPUNIT_TEST(that_there_is_nothing_is_known_too);
  CPPUNIT_TEST(failures_and_ttl_zero_are_not_kept);
  CPPUNIT_TEST(a_new_answer_replaces_the_old);
  CPPUNIT_TEST(a_big_answer_is_not_kept);
  CPPUNIT_TEST(there_are_never_more_than_allowed);
  CPPUNIT_TEST(what_is_used_stays);
  CPPUNIT_TEST_SUITE_END();

  void an_answer_is_found_until_its_ttl_is_over() {
    AnswerCache cache(10);
    CPPUNIT_ASSERT(!cache.find("a", kStart));
    cache.put("a", text("v=spf1 -all"), kStart);
    CPPUNIT_ASSERT_EQUAL(std::string("v=spf1 -all"), cache.find("a", kStart)->texts.at(0));
    CPPUNIT_ASSERT(cache.find("a", kStart + Milliseconds(299999)));
    CPPUNIT_ASSERT(!cache.find("a", kStart + Milliseconds(300000)));
    CPPUNIT_ASSERT(!cache.find("b", kStart));
  }

  void its_ttl_runs_down() {
    AnswerCache cache(10);
    cache.put("a", text("x"), kStart);
    CPPUNIT_ASSERT_EQUAL(300U, cache.find("a", kStart)->ttl);
    CPPUNIT_ASSERT_EQUAL(100U, cache.find("a", kStart + Seconds(200))->ttl);
    CPPUNIT_ASSERT_EQUAL(1U, cache.find("a", kStart + Milliseconds(299900))->ttl);
  }

  void that_there_is_nothing_is_known_too() {
    AnswerCache cache(10);
    cache.put("a", answer(DnsAnswer::Status::NoData, 5), kStart);
    cache.put("b", answer(DnsAnswer::Status::NoName, 5), kStart);
    CPPUNIT_ASSERT(DnsAnswer::Status::NoData == cache.find("a", kStart)->status);
    CPPUNIT_ASSERT(DnsAnswer::Status::NoName == cache.find("b", kStart)->status);
  }

  void failures_and_ttl_zero_are_not_kept() {
    AnswerCache cache(10);
    cache.put("a", answer(DnsAnswer::Status::TryAgain, 5), kStart);
    cache.put("b", answer(DnsAnswer::Status::BadName, 5), kStart);
    cache.put("c", answer(DnsAnswer::Status::Found, 0), kStart);
    for (const char* key : {"a", "b", "c"}) CPPUNIT_ASSERT(!cache.find(key, kStart));
  }

  void a_new_answer_replaces_the_old() {
    for (const int others : {0, 5}) {  // then the old entry is in either half
      AnswerCache cache(10);
      cache.put("a", text("old"), kStart);
      for (int i = 0; i < others; ++i) cache.put(std::to_string(i), text("x"), kStart);
      cache.put("a", text("new"), kStart);
      CPPUNIT_ASSERT_EQUAL(std::string("new"), cache.find("a", kStart)->texts.at(0));
      for (int i = 0; i < 4; ++i) cache.put("more" + std::to_string(i), text("x"), kStart);
      CPPUNIT_ASSERT_EQUAL(std::string("new"), cache.find("a", kStart)->texts.at(0));
    }
  }

  void a_big_answer_is_not_kept() {
    AnswerCache cache(10);
    cache.put("a", text(std::string(3000, 'x')), kStart);
    cache.put("b", text(std::string(5000, 'x')), kStart);
    CPPUNIT_ASSERT(cache.find("a", kStart));
    CPPUNIT_ASSERT(!cache.find("b", kStart));
  }

  void there_are_never_more_than_allowed() {
    AnswerCache cache(10);
    for (int i = 0; i < 1000; ++i) cache.put(std::to_string(i), text("x"), kStart);
    int kept = 0;
    for (int i = 0; i < 1000; ++i) kept += cache.find(std::to_string(i), kStart) ? 1 : 0;
    CPPUNIT_ASSERT(kept >= 5 && kept <= 10);
  }

  void what_is_used_stays() {
    AnswerCache cache(10);
    cache.put("a", text("x"), kStart);
    for (int i = 0; i < 1000; ++i) {
      cache.put(std::to_string(i), text("x"), kStart);
      CPPUNIT_ASSERT(cache.find("a", kStart));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AnswerCacheTest);
