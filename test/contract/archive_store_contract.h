// SPDX-License-Identifier: BSD-2-Clause
// The part of the contract of StateStore that serves its administration.
// Used like StateStoreContract.
#ifndef MAILREEVE_TEST_CONTRACT_ARCHIVE_STORE_CONTRACT_H
#define MAILREEVE_TEST_CONTRACT_ARCHIVE_STORE_CONTRACT_H

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

#include "core/state_store.h"

namespace mailreeve {

class ArchiveStoreContract : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ArchiveStoreContract);
  CPPUNIT_TEST(an_empty_store_lists_nothing);
  CPPUNIT_TEST(everything_is_listed_once);
  CPPUNIT_TEST(a_client_is_shown_with_its_tuples);
  CPPUNIT_TEST(a_forgotten_client_starts_anew);
  CPPUNIT_TEST(what_is_put_is_known);
  CPPUNIT_TEST(putting_the_same_twice_changes_nothing);
  CPPUNIT_TEST(what_is_put_is_merged_with_what_is_there);
  CPPUNIT_TEST(a_store_can_be_copied);
  CPPUNIT_TEST_SUITE_END_ABSTRACT();

 public:
  void setUp() override {
    rules_.delay = Seconds(300);
    store_ = make_store();
  }
  void tearDown() override { store_.reset(); }

 protected:
  virtual std::unique_ptr<StateStore> make_store() = 0;

  static Deadline patience() { return Deadline(Milliseconds(30000)); }
  Passage come(const std::string& client, const std::string& sender, Seconds later = Seconds(0));
  // All entries, one line each, in order.
  static std::vector<std::string> all_of(StateStore& store, std::size_t page = 7);

  std::unique_ptr<StateStore> store_;
  GreylistRules rules_;
  QuotaRules quota_;
  TimePoint now_ = from_millis(1'700'000'000'000);

 private:
  void fill();
  void an_empty_store_lists_nothing();
  void everything_is_listed_once();
  void a_client_is_shown_with_its_tuples();
  void a_forgotten_client_starts_anew();
  void what_is_put_is_known();
  void putting_the_same_twice_changes_nothing();
  void what_is_put_is_merged_with_what_is_there();
  void a_store_can_be_copied();
};

}  // namespace mailreeve

#endif
