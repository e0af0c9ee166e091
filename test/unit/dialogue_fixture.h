// SPDX-License-Identifier: BSD-2-Clause
// A milter without sockets: Sessions with a runtime of its own, whose store is in memory
// and whose DNS knows no name; and the MTA's packets.
#ifndef MAILREEVE_TEST_UNIT_DIALOGUE_FIXTURE_H
#define MAILREEVE_TEST_UNIT_DIALOGUE_FIXTURE_H

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "milter/native/dialogue.h"
#include "milter/native/packets.h"
#include "milter/sessions.h"
#include "setup/runtime.h"
#include "store/state/memory_store.h"
#include "test/unit/policy_fixture.h"

namespace mailreeve::test {

class Milter {
 public:
  Milter() {
    settings.greylist.apply = GreylistApply::All;
    settings.greylist.rules.delay = Seconds(300);
    install();
  }

  // With `settings` as they are now.
  void install() {
    sessions.install(make_runtime(settings, {clock_, log_, store_, resolver_, dns_lists_,
                                             std::make_shared<FakePolicyDb>(), records_, notes_}));
  }

  int count(Event event) const {
    int out = 0;
    for (const Event each : log_.events) out += each == event ? 1 : 0;
    return out;
  }

  Settings settings;
  Sessions sessions;

 private:
  class FixedClock final : public Clock {
   public:
    TimePoint now() const override { return from_millis(1795255200000); }
  };
  class Events final : public Log {
   public:
    std::vector<Event> events;
    bool wants(Severity) const override { return true; }
    using Log::write;
    void write(Event event, std::span<const Field>) override {
      if (event != Event::Verdict && event != Event::Message) events.push_back(event);
    }
  };
  class NoNames final : public Resolver {
   public:
    using Resolver::resolve;
    std::vector<DnsAnswer> resolve(std::span<const Question> questions, Deadline) override {
      return std::vector<DnsAnswer>(questions.size(), DnsAnswer{.status = DnsAnswer::Status::NoName});
    }
  };
  class NoRecords final : public MessageSink {
    void add(MessageRecord) override {}
  };
  class NoNotes final : public Notifications {
    void add(const Notification&) override {}
  };

  FixedClock clock_;
  Events log_;
  std::shared_ptr<StateStore> store_ = std::make_shared<MemoryStore>();
  std::shared_ptr<Resolver> resolver_ = std::make_shared<NoNames>();
  std::shared_ptr<DnsLists> dns_lists_ = std::make_shared<DnsLists>(DnsListsSettings(), resolver_, log_);
  NoRecords records_;
  NoNotes notes_;
};

inline std::string packet(char letter, const std::string& data = {}) {
  std::string out;
  milter::put_packet(out, letter, data);
  return out;
}

inline std::string negotiation(std::uint32_t version, std::uint32_t actions, std::uint32_t steps) {
  std::string data;
  for (const auto number : {version, actions, steps}) milter::put_number(data, number);
  return packet('O', data);
}

// As Postfix 3.7 begins.
inline std::string full_negotiation() { return negotiation(6, 0x1ff, 0x1fffff); }

}  // namespace mailreeve::test

#endif
