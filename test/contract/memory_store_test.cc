// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/memory_store.h"

#include "test/contract/state_store_contract.h"

using namespace mailreeve;

class MemoryStoreTest : public StateStoreContract {
  CPPUNIT_TEST_SUB_SUITE(MemoryStoreTest, StateStoreContract);
  CPPUNIT_TEST_SUITE_END();

  std::unique_ptr<StateStore> make_store() override { return std::make_unique<MemoryStore>(); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MemoryStoreTest);
