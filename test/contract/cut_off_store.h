// SPDX-License-Identifier: BSD-2-Clause
// An in-memory store that can be cut off, and counts the calls that reach it.
#ifndef MAILREEVE_TEST_CONTRACT_CUT_OFF_STORE_H
#define MAILREEVE_TEST_CONTRACT_CUT_OFF_STORE_H

#include <atomic>
#include <memory>

#include "store/state/forwarding_store.h"
#include "store/state/memory_store.h"

namespace mailreeve::test {

class CutOffStore : public ForwardingStore {
 public:
  struct Wire {
    std::atomic<bool> cut{false};
    std::atomic<int> calls{0};
    MemoryStore store;
  };
  explicit CutOffStore(std::shared_ptr<Wire> wire = std::make_shared<Wire>()) : wire_(std::move(wire)) {}

  Wire& wire() { return *wire_; }

 private:
  void around(Kind /*kind*/, std::optional<Deadline> /*deadline*/, const Work& work) override {
    ++wire_->calls;
    if (wire_->cut) throw BackendError("cut off");
    work(wire_->store);
  }

  const std::shared_ptr<Wire> wire_;
};

}  // namespace mailreeve::test

#endif
