// SPDX-License-Identifier: BSD-2-Clause
// The life of a greylisting tuple (RFC 6647) as a function of values: what is
// stored, what happens when the client comes, what must be stored then. Every
// store that can compute runs this one function inside its own atomic step.
#ifndef MAILREEVE_CORE_GREYLIST_STATE_H
#define MAILREEVE_CORE_GREYLIST_STATE_H

#include <optional>

#include "core/time.h"

namespace mailreeve {

// What an attempt before the end of the wait does.
enum class EarlyRetry {
  Keep,     // nothing: the first sight stands
  Reset,    // starts the wait anew, if it comes within reset_below of the first sight
  Penalty,  // makes the wait longer by `penalty`, up to max_delay
};

// Checked when the configuration is loaded: 1s <= delay <= max_delay <
// retry_window, and keep > 0.
struct GreylistRules {
  Seconds delay{5 * 60};
  Seconds retry_window{24 * 3600};
  Seconds keep{35 * 86400};
  EarlyRetry early_retry = EarlyRetry::Keep;
  Seconds reset_below{5 * 60};  // Reset only
  Seconds penalty{10 * 60};     // Penalty only
  Seconds max_delay{12 * 3600};
  unsigned trust_after = 2;     // passages; 0: no client is ever trusted
  unsigned max_pending = 1000;  // unretried tuples per client; the oldest gives way
};

// One (client, sender, recipient).
struct TupleState {
  TimePoint first;     // when its wait began
  unsigned early = 0;  // early retries since, if early_retry is not Keep
  bool passed = false;
  TimePoint expires;  // not known any more from here on

  bool operator==(const TupleState&) const = default;
};

// One client network.
struct ClientState {
  unsigned passes = 0;
  TimePoint expires;

  bool operator==(const ClientState&) const = default;
};

struct Passage {
  enum class Kind {
    New,      // first sight: wait
    Early,    // came back too early: wait
    Passed,   // came back in time
    Known,    // came back in time once before
    Trusted,  // the client network has shown often enough that it retries
  };
  Kind kind = Kind::New;
  Seconds waited{0};     // since the first sight; Early, Passed
  Seconds remaining{0};  // until it may pass, at least 1; New, Early
  unsigned early = 0;    // early retries so far, if they are counted

  bool must_wait() const { return kind == Kind::New || kind == Kind::Early; }
};

// What to store; nothing where nothing changed. A passed tuple is written
// again only when its rest of life is shorter than `keep`, and then with a
// 32nd more than that: it lives at least `keep` after each use, and a hot one
// is written once a day at most (with 35 days).
struct GreylistStep {
  Passage passage;
  std::optional<TupleState> tuple;
  std::optional<ClientState> client;
};

// `tuple` and `client`: what is stored, if anything is.
GreylistStep greylist_step(const std::optional<TupleState>& tuple, const std::optional<ClientState>& client,
                           const GreylistRules& rules, bool counts, TimePoint now);

}  // namespace mailreeve

#endif
