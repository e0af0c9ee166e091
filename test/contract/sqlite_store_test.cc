// SPDX-License-Identifier: BSD-2-Clause
#include "store/sqlite_store.h"

#include "test/contract/state_store_contract.h"
#include "test/contract/temp_directory.h"

using namespace mailreeve;

class SqliteStoreTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(SqliteStoreTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override {
    directory_ = std::make_unique<TempDirectory>();
    return std::make_unique<SqliteStore>(directory_->file("state.db"));
  }
  int model_steps() const override { return 5000; }

  std::unique_ptr<TempDirectory> directory_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(SqliteStoreTest);
