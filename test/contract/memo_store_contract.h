// SPDX-License-Identifier: BSD-2-Clause
// The part of the contract of StateStore for memos. Used like StateStoreContract.
#ifndef MAILREEVE_TEST_CONTRACT_MEMO_STORE_CONTRACT_H
#define MAILREEVE_TEST_CONTRACT_MEMO_STORE_CONTRACT_H

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>

#include "core/state_store.h"

namespace mailreeve {

class MemoStoreContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MemoStoreContract);
  CPPUNIT_TEST(what_is_remembered_is_recalled_until_it_is_over);
  CPPUNIT_TEST(the_first_one_stays);
  CPPUNIT_TEST(a_clock_that_was_ahead_is_not_believed);
  CPPUNIT_TEST(what_is_renewed_lasts_until_the_later_end);
  CPPUNIT_TEST(many_are_remembered_in_one_call);
  CPPUNIT_TEST(kinds_and_keys_are_octets_and_independent);
  CPPUNIT_TEST(a_purge_takes_what_is_over_only);
  CPPUNIT_TEST(of_two_stores_the_one_that_ends_last_stays);
  CPPUNIT_TEST(of_many_threads_one_remembers);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override { store_ = make_store(); }
  void tearDown() override { store_.reset(); }

 protected:
  virtual std::unique_ptr<StateStore> make_store() = 0;
  // Whether it knows the names of what it has.
  virtual bool lists() const { return true; }

  static Deadline patience() { return Deadline(Milliseconds(30000)); }
  bool remember(const std::string& key, const std::string& value, Seconds life,
                const std::string& kind = "kind") {
    return store_->remember_if_absent({.kind = kind, .key = key, .value = value, .until = now_ + life}, now_,
                                      patience());
  }
  std::size_t renew(const std::string& key, const std::string& value, Seconds life) {
    const Memo memo{.kind = "kind", .key = key, .value = value, .until = now_ + life};
    return store_->remember({&memo, 1}, IfKnown::Renewed, now_, patience());
  }
  std::optional<std::string> recall(const std::string& key, const std::string& kind = "kind") {
    return store_->recall(kind, key, now_, patience());
  }

  std::unique_ptr<StateStore> store_;
  TimePoint now_ = from_millis(1'700'000'000'000);

 private:
  void what_is_remembered_is_recalled_until_it_is_over();
  void the_first_one_stays();
  void a_clock_that_was_ahead_is_not_believed();
  void what_is_renewed_lasts_until_the_later_end();
  void many_are_remembered_in_one_call();
  void kinds_and_keys_are_octets_and_independent();
  void a_purge_takes_what_is_over_only();
  void of_two_stores_the_one_that_ends_last_stays();
  void of_many_threads_one_remembers();
};

}  // namespace mailreeve

#endif
