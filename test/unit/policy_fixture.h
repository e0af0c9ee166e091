// SPDX-License-Identifier: BSD-2-Clause
// What tests of policies share: facts about a message, and a store that says
// what it is told to, or fails.
#ifndef MAILREEVE_TEST_UNIT_POLICY_FIXTURE_H
#define MAILREEVE_TEST_UNIT_POLICY_FIXTURE_H

#include <string>
#include <vector>

#include "core/backends.h"
#include "core/facts.h"

namespace mailreeve::test {

struct Message {
  Session session;
  Envelope envelope;
  Address rcpt = Address::parse("<bob@example.net>");
  TimePoint now = from_millis(1'800'000'000'000);

  Message() {
    session.id = "k3f9x0a2";
    session.client = IpAddress::parse("192.0.2.7");
    session.client_name = "mx.example.com";
    session.helo = "mx.example.com";
    envelope.sender = Address::parse("<alice@example.com>");
  }

  Facts facts() const { return {session, envelope, &rcpt, now, Deadline(Milliseconds(8000)), "k3f9x0a2.1"}; }
};

class FakeStore final : public StateStore {
 public:
  Passage next;
  bool down = false;
  std::vector<Approach> asked;

  Passage approach(const Approach& what, const GreylistRules&, TimePoint, Deadline) override {
    asked.push_back(what);
    if (down) throw BackendError("the store is down");
    return next;
  }
  std::size_t purge(TimePoint, std::size_t) override { return 0; }
  void flush(Deadline) override {}
  StateSize size(TimePoint) override { return {}; }
};

}  // namespace mailreeve::test

#endif
