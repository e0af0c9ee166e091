// SPDX-License-Identifier: BSD-2-Clause
// The life of a greylisting tuple (RFC 6647) as a function of values: from the
// stored state to the result of an attempt and the state to store. Every store
// that can compute runs this one function inside its own atomic step.
#ifndef MAILREEVE_CORE_GREYLIST_STATE_H
#define MAILREEVE_CORE_GREYLIST_STATE_H

#include <cstddef>
#include <optional>

#include "util/time.h"

namespace mailreeve {

// The effect of an attempt before the end of the wait.
enum class EarlyRetry {
  Keep,     // nothing: the first sight stands
  Reset,    // starts the wait anew, if it comes within reset_below of the first sight
  Penalty,  // makes the wait longer by `penalty`, up to max_delay
};

// Checked when the configuration is loaded: 1s <= delay <= max_delay <
// retry_window, keep > 0, and max_tuples > 0.
struct GreylistRules {
  Seconds delay{3 * 60};
  Seconds retry_window{2 * 86400};
  Seconds keep{35 * 86400};
  EarlyRetry early_retry = EarlyRetry::Keep;
  Seconds reset_below{5 * 60};  // Reset only
  Seconds penalty{10 * 60};     // Penalty only
  Seconds max_delay{12 * 3600};
  unsigned trust_after = 2;       // passages; 0: no client is ever trusted
  unsigned max_pending = 1000;    // unretried tuples per client; the oldest gives way
  unsigned max_tuples = 1000000;  // in the whole store; see give_way()
};

// How many tuples give way if a store holds more than `limit`.
struct GivingWay {
  std::size_t pending = 0;  // the oldest of them
  std::size_t passed = 0;   // those that expire first

  std::size_t all() const { return pending + passed; }
};
// Unretried tuples first, so that a flood displaces itself. But a quarter of max_tuples is
// reserved for them: even if most tuples have passed, a new one must live until its retry.
GivingWay give_way(std::size_t pending, std::size_t passed, std::size_t limit, const GreylistRules& rules);

// A sender with several MX hosts tries them one after the other: an attempt so
// soon after the last one is the same attempt.
inline constexpr Seconds kSameTry{60};

// One (client, sender, recipient).
struct TupleState {
  TimePoint first;     // when its wait began
  TimePoint last;      // the last try that counted: the first sight, or an early retry
  unsigned early = 0;  // early retries since, if early_retry is not Keep
  bool passed = false;
  TimePoint expires;  // unknown from this time on

  bool operator==(const TupleState&) const = default;
};

// One client: a host, a network, or a domain whose hosts are one client.
struct ClientState {
  unsigned passes = 0;  // completed messages that had passed, up to trust_after
  TimePoint expires;

  bool operator==(const ClientState&) const = default;
};

struct Passage {
  enum class Kind {
    New,      // first sight: wait
    Early,    // came back too early: wait
    Passed,   // came back in time
    Known,    // came back in time once before
    Trusted,  // the client has shown often enough that it retries
  };
  Kind kind = Kind::New;
  Seconds waited{0};     // since the first sight; Early, Passed
  Seconds remaining{0};  // until it may pass, at least 1; New, Early
  unsigned early = 0;    // early retries so far, if they are counted

  bool must_wait() const { return kind == Kind::New || kind == Kind::Early; }
};

// A store's knowledge about one attempt. `client` owns the tuple; `voucher` is another
// client that vouches for the same mail, if there is one. Trust that lapses is not renewed.
struct Remembered {
  std::optional<TupleState> tuple;
  std::optional<ClientState> client;
  std::optional<ClientState> voucher;
  bool client_lapses = false;
};

// The state to store; nullopt if unchanged. A passed tuple is renewed only when
// its remaining life is shorter than `keep`, and then by a 32nd more than that:
// it lives for at least `keep` after each use, and a busy one is written at most
// once a day (with 35 days). The same applies to trust.
struct GreylistStep {
  Passage passage;
  std::optional<TupleState> tuple;
  std::optional<ClientState> client;
  std::optional<ClientState> voucher;

  bool changes() const { return tuple || client || voucher; }
};

// The attempt is trusted if either client is.
GreylistStep greylist_step(const Remembered& known, const GreylistRules& rules, TimePoint now);

// The client after one more completed message.
ClientState with_passage(const std::optional<ClientState>& client, const GreylistRules& rules, TimePoint now);

}  // namespace mailreeve

#endif
