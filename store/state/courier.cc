// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/courier.h"

#include <algorithm>
#include <list>
#include <optional>
#include <span>

#include "util/signals_blocked.h"

namespace mailreeve {

namespace {

// Entries that are looked at together; that are brought over together; and how long
// either may take.
constexpr std::size_t kPage = 200;
constexpr std::size_t kSlice = 50;
constexpr Milliseconds kStep{5000};
// While mail finds the store failing, a round is over when so many clients could not be
// brought. Otherwise they may be those of one node of a Cluster.
constexpr std::size_t kEnough = 100;

bool is_greylisting(const StateEntry& entry) { return !std::holds_alternative<SentEntry>(entry); }

const std::string& client_of(const StateEntry& entry) {
  if (const auto* client = std::get_if<ClientEntry>(&entry)) return client->client;
  return std::get<TupleEntry>(entry).client;
}

template <class Entry>
bool same(const StateEntry& a, const StateEntry& b) {
  const auto* first = std::get_if<Entry>(&a);
  const auto* second = std::get_if<Entry>(&b);
  return first && second && *first == *second;
}

bool same_greylisting(const StateEntry& a, const StateEntry& b) {
  return same<TupleEntry>(a, b) || same<ClientEntry>(a, b);
}

}  // namespace

// A decision. It waits while its client is forgotten: what it adds would be forgotten
// unsent.
class Courier::Learning {
 public:
  Learning(Courier& courier, const std::string& client, Deadline deadline) : courier_(courier) {
    auto state = courier_.state_.lock();
    const auto free = [&client](const State& now) { return now.forgetting != client; };
    if (!state.wait_until(courier_.changed_, deadline.at(), free))
      throw BackendError("what was learned of " + client + " is being brought over");
    place_ = state->learning.insert(client);
  }
  ~Learning() {
    {
      auto state = courier_.state_.lock();
      state->learning.erase(place_);
      state->wanted = true;
    }
    courier_.changed_.notify_all();
  }
  Learning(const Learning&) = delete;
  Learning& operator=(const Learning&) = delete;

 private:
  Courier& courier_;
  std::multiset<std::string>::iterator place_;
};

// Keeps decisions from a client, unless one is under way.
class Courier::Forgetting {
 public:
  Forgetting(Courier& courier, const std::string& client) : courier_(courier) {
    auto state = courier_.state_.lock();
    alone_ = !state->learning.contains(client);
    if (alone_) state->forgetting = client;
  }
  ~Forgetting() {
    courier_.state_.lock()->forgetting.clear();
    courier_.changed_.notify_all();
  }
  Forgetting(const Forgetting&) = delete;
  Forgetting& operator=(const Forgetting&) = delete;

  bool alone() const { return alone_; }

 private:
  Courier& courier_;
  bool alone_ = false;
};

Courier::Courier(StateStore& local, Bring bring, std::function<bool()> failing, Milliseconds pause)
    : local_(local), bring_(std::move(bring)), failing_(std::move(failing)), pause_(pause) {
  thread_ = std::thread([this] { work(); });
}

Courier::~Courier() {
  state_.lock()->closed = true;
  changed_.notify_all();
  thread_.join();
}

Passage Courier::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                          Deadline deadline) {
  const Learning learning(*this, what.client, deadline);
  std::optional<Learning> of_voucher;
  if (!what.voucher.empty()) of_voucher.emplace(*this, what.voucher, deadline);
  const Passage passage = local_.approach(what, rules, now, deadline);
  ++learned_;
  return passage;
}

void Courier::count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                            Deadline deadline) {
  std::list<Learning> learning;
  for (const auto& client : clients) learning.emplace_back(*this, client, deadline);
  local_.count_passage(clients, rules, now, deadline);
  ++learned_;
}

void Courier::work() {
  const SignalsBlocked no_signals;
  while (wait_for_work())
    if (!bring_all()) rest();
}

// False if it is to end.
bool Courier::wait_for_work() {
  auto state = state_.lock();
  state.wait(changed_, [](const State& now) { return now.wanted || now.closed; });
  state->wanted = false;
  return !state->closed;
}

// Something is left. What is brought next shows whether the store is back: there may be
// no mail that does.
void Courier::rest() {
  auto state = state_.lock();
  state.wait_until(changed_, Deadline(pause_).at(), [](const State& now) { return now.closed; });
  state->wanted = true;
}

// False if something is left: of these clients, or learned meanwhile.
bool Courier::bring_all() {
  const std::size_t learned = learned_;
  std::set<std::string> left;
  try {
    std::string place;
    for (;;) {
      const auto page = local_.list(place, kPage, Deadline(kStep));
      if (page.empty()) break;
      std::set<std::string> clients;
      for (const auto& entry : page)
        if (is_greylisting(entry)) clients.insert(client_of(entry));
      for (const auto& client : clients) {
        if (closed()) return false;
        if (!left.contains(client) && !bring(client)) left.insert(client);
        if (left.size() >= kEnough && failing_()) return false;
      }
    }
  } catch (const BackendError&) {
    return false;
  }
  if (!left.empty()) return false;
  learned_ -= learned;
  return learned_ == 0;
}

// Only a part of the store on the network may fail: that keeps no other client here.
bool Courier::bring(const std::string& client) {
  try {
    const Entries entries = local_.of_client(client, Deadline(kStep));
    return put(entries) && forget(client, entries);
  } catch (const BackendError&) {
    return false;
  }
}

// Each slice has its own time: all of a client may need more than any one call has.
bool Courier::put(const Entries& entries) {
  for (std::span<const StateEntry> rest(entries); !rest.empty();) {
    if (closed()) return false;
    const auto slice = rest.first(std::min(kSlice, rest.size()));
    bring_(slice, Deadline(kStep));
    rest = rest.subspan(slice.size());
  }
  return true;
}

// False, and keeps all, if something else than this is known by now.
bool Courier::forget(const std::string& client, const Entries& brought) {
  const Forgetting forgetting(*this, client);
  if (!forgetting.alone()) return false;
  const Entries entries = local_.of_client(client, Deadline(kStep));
  if (!std::equal(entries.begin(), entries.end(), brought.begin(), brought.end(), same_greylisting))
    return false;
  local_.forget_client(client, Deadline(kStep));
  return true;
}

}  // namespace mailreeve
