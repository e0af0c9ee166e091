// SPDX-License-Identifier: BSD-2-Clause
// What tests of policies share: facts about a message, and a store that says
// what it is told to, or fails.
#ifndef MAILREEVE_TEST_UNIT_POLICY_FIXTURE_H
#define MAILREEVE_TEST_UNIT_POLICY_FIXTURE_H

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "core/domain_names.h"
#include "core/facts.h"
#include "core/policy_db.h"
#include "core/state_store.h"
#include "util/backend_error.h"

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
  Seconds delay{0};  // the last one asked with
  std::vector<std::vector<std::string>> counted;
  std::map<std::string, QuotaState> users;
  std::map<std::string, TimePoint> memos;
  int charges = 0;
  bool full = false;       // it answers and takes no notices
  bool forgetful = false;  // it answers and recalls nothing
  int recalls = 0;
  int remembered = 0;  // calls, whatever their number of memos

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint, Deadline) override {
    asked.push_back(what);
    delay = rules.delay;
    if (down) throw BackendError("the store is down");
    return next;
  }
  void count_passage(std::span<const std::string> clients, const GreylistRules&, TimePoint,
                     Deadline) override {
    if (down) throw BackendError("the store is down");
    counted.emplace_back(clients.begin(), clients.end());
  }
  // Quotas are the real thing, in one thread.
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline) override {
    if (down) throw BackendError("the store is down");
    ++charges;
    const QuotaStep step = quota_charge(users[user], rules, recipients, now);
    if (step.change) apply(users[user], *step.change);
    return step.answer;
  }
  void refund(const std::string& user, const Receipt& receipt, Deadline) override {
    if (down) throw BackendError("the store is down");
    apply(users[user], quota_refund(users[user], receipt));
  }
  bool claim_notice(const std::string& user, TimePoint /*now*/, const NoticePeriod& period,
                    Deadline) override {
    if (down || full) throw BackendError("the store is down");
    if (!is_new(users[user].exceeded, period)) return false;
    users[user].exceeded = period.until;
    return true;
  }
  std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                    Deadline) override {
    ++recalls;
    if (down || forgetful) throw BackendError("the store is down");
    const auto there = memos.find(kind + ":" + key);
    if (there == memos.end() || there->second <= now) return std::nullopt;
    return "";
  }
  std::size_t remember(std::span<const Memo> those, IfKnown known, TimePoint now, Deadline) override {
    if (down || full) throw BackendError("the store is down");
    ++remembered;
    std::size_t written = 0;
    for (const Memo& memo : those) {
      const auto there = memos.find(name_of(memo));
      if (there != memos.end() && !takes_place(memo, there->second, known, now)) continue;
      memos[name_of(memo)] = memo.until;
      ++written;
    }
    return written;
  }
  QuotaState reset(const std::string& user, Deadline) override { return std::exchange(users[user], {}); }
  QuotaState sent(const std::string& user, TimePoint, Deadline) override { return users[user]; }
  std::vector<StateEntry> list(std::string&, std::size_t, Deadline) override { return {}; }
  std::vector<StateEntry> of_client(const std::string&, Deadline) override { return {}; }
  void put(std::span<const StateEntry>, TimePoint, Deadline) override {}
  std::size_t forget_client(const std::string&, Deadline) override { return 0; }
  std::size_t purge(TimePoint, const GreylistRules&, std::size_t) override { return 0; }
  void flush(Deadline) override {}
  StateSize size(TimePoint) override { return {}; }
};

class FakePolicyDb final : public PolicyDb {
 public:
  std::map<std::string, UserPolicy> users;
  std::map<std::string, DomainPolicy> domains;
  std::map<std::string, std::string> domain_limits;
  bool down = false;
  int calls = 0;

  UserPolicy user(const std::string& name, Deadline) override {
    if (down) throw BackendError("the database is down");
    ++calls;
    UserPolicy policy = users[name];
    const auto names = names_of(domain_of_user(name));
    for (const auto& each : names) {
      const UserPolicy& everybody = users[kEverybody];
      if (each == kEverybody)
        policy.shared.push_back({.to = each,
                                 .quota = "",
                                 .limits = everybody.raised,
                                 .raise = true,
                                 .until = everybody.raised_until});
      policy.shared.push_back({.to = each, .quota = "", .limits = domain_limits[each]});
      if (each == kEverybody)
        policy.shared.push_back({.to = each, .quota = everybody.quota, .limits = everybody.limits});
    }
    return policy;
  }
  DomainPolicy domain(const std::string& name, Deadline) override {
    if (down) throw BackendError("the database is down");
    ++calls;
    for (const auto& each : names_of(name))
      if (const auto found = domains.find(each); found != domains.end()) return found->second;
    return {};
  }
};

}  // namespace mailreeve::test

#endif
