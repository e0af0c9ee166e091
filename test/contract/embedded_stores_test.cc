// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/memory_store.h"
#include "store/state/sqlite_store.h"
#include "test/contract/archive_store_contract.h"
#include "test/contract/memo_store_contract.h"
#include "test/contract/quota_store_contract.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

namespace {

// For a busy machine: no test depends on this wait.
const SqliteStore::Options kPatient{.timeout = Milliseconds(30000)};

}  // namespace

class MemoryQuotaTest : public QuotaStoreContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryQuotaTest, QuotaStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override { return std::make_unique<MemoryStore>(); }
};

class SqliteQuotaTest : public QuotaStoreContract {
  CPPUNIT_TEST_SUB_SUITE(SqliteQuotaTest, QuotaStoreContract);
  CPPUNIT_TEST(what_was_charged_survives_closing);
  CPPUNIT_TEST(two_stores_on_one_file_let_exactly_the_limit_through);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    QuotaStoreContract::tearDown();
    directory_.reset();
  }

 private:
  std::unique_ptr<StateStore> make_store() override {
    directory_ = std::make_unique<TempDirectory>();
    path_ = directory_->file("state.db");
    return std::make_unique<SqliteStore>(path_, kPatient);
  }
  int model_steps() const override { return 1500; }

  void what_was_charged_survives_closing() {
    charge(7);
    store_.reset();
    store_ = std::make_unique<SqliteStore>(path_, kPatient);
    assert_used(7);
    CPPUNIT_ASSERT(charge(3).last == now_);
    CPPUNIT_ASSERT(!charge(1).receipt);
  }

  void two_stores_on_one_file_let_exactly_the_limit_through() {
    SqliteStore other(path_, kPatient);
    int passed = 0;
    for (int i = 0; i < 10; ++i) {
      passed += charge(1).receipt ? 1 : 0;
      passed += other.charge("alice", rules_, 1, now_, patience()).receipt ? 1 : 0;
    }
    CPPUNIT_ASSERT_EQUAL(10, passed);
  }

  std::unique_ptr<TempDirectory> directory_;
  std::string path_;
};

// Stores of one host are bounded: entries that expire first make room for more of their kind.
static void assert_bounded(StateStore& store, TimePoint now) {
  const Deadline patience(Milliseconds(300000));
  std::vector<StateEntry> memos;
  for (std::size_t i = 0; i < kMostMemos; ++i)
    memos.emplace_back(Memo{.kind = "kind",
                            .key = std::to_string(i),
                            .value = "x",
                            .until = now + Seconds(1000) + Milliseconds(i)});
  store.put(memos, now, patience);
  const Memo other{.kind = "other", .key = "0", .value = "x", .until = now + Seconds(1)};
  for (int i = 0; i < 2; ++i) store.remember({&other, 1}, IfKnown::Renewed, now, patience);
  CPPUNIT_ASSERT(store.recall("kind", "0", now, patience));
  const Memo more{.kind = "kind", .key = "more", .value = "x", .until = now + Seconds(1)};
  CPPUNIT_ASSERT(store.remember_if_absent(more, now, patience));
  CPPUNIT_ASSERT(!store.recall("kind", "0", now, patience));
  CPPUNIT_ASSERT(store.recall("other", "0", now, patience));
  for (const char* key : {"1", "more"}) CPPUNIT_ASSERT(store.recall("kind", key, now, patience));
}

class MemoryMemoTest : public MemoStoreContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryMemoTest, MemoStoreContract);
  CPPUNIT_TEST(there_is_a_bound);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override { return std::make_unique<MemoryStore>(); }
  void there_is_a_bound() { assert_bounded(*store_, now_); }
};

class SqliteMemoTest : public MemoStoreContract {
  CPPUNIT_TEST_SUB_SUITE(SqliteMemoTest, MemoStoreContract);
  CPPUNIT_TEST(there_is_a_bound);
  CPPUNIT_TEST(what_is_remembered_survives_closing);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    MemoStoreContract::tearDown();
    directory_.reset();
  }

 private:
  std::unique_ptr<StateStore> make_store() override {
    store_.reset();
    directory_ = std::make_unique<TempDirectory>();
    return std::make_unique<SqliteStore>(directory_->file("state.db"), kPatient);
  }
  void there_is_a_bound() { assert_bounded(*store_, now_); }
  void what_is_remembered_survives_closing() {
    remember("alice", "here", Seconds(60));
    store_.reset();
    store_ = std::make_unique<SqliteStore>(directory_->file("state.db"), kPatient);
    CPPUNIT_ASSERT(recall("alice") == std::optional<std::string>("here"));
  }

  std::unique_ptr<TempDirectory> directory_;
};

class MemoryArchiveTest : public ArchiveStoreContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryArchiveTest, ArchiveStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override { return std::make_unique<MemoryStore>(); }
};

class SqliteArchiveTest : public ArchiveStoreContract {
  CPPUNIT_TEST_SUB_SUITE(SqliteArchiveTest, ArchiveStoreContract);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    ArchiveStoreContract::tearDown();
    directory_.reset();
  }

 private:
  std::unique_ptr<StateStore> make_store() override {
    store_.reset();
    directory_ = std::make_unique<TempDirectory>();
    return std::make_unique<SqliteStore>(directory_->file("state.db"), kPatient);
  }

  std::unique_ptr<TempDirectory> directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SqliteArchiveTest);
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SqliteMemoTest);
CPPUNIT_TEST_SUITE_REGISTRATION(MemoryQuotaTest);
CPPUNIT_TEST_SUITE_REGISTRATION(SqliteQuotaTest);
