// SPDX-License-Identifier: BSD-2-Clause
// State as single entries, for listing, copying and merging stores. Values.
#ifndef MAILREEVE_CORE_STATE_ENTRY_H
#define MAILREEVE_CORE_STATE_ENTRY_H

#include <string>
#include <variant>

#include "core/greylist_state.h"
#include "core/memo.h"
#include "core/quota_state.h"

namespace mailreeve {

struct TupleEntry {
  std::string client;
  std::string sender;
  std::string recipient;
  TupleState state;

  bool operator==(const TupleEntry&) const = default;
};

struct ClientEntry {
  std::string client;
  ClientState state;

  bool operator==(const ClientEntry&) const = default;
};

struct SentEntry {
  std::string user;
  QuotaState state;
};

using StateEntry = std::variant<TupleEntry, ClientEntry, SentEntry, Memo>;

// Merges the entries of two stores: a tuple has passed if it has passed in either, a
// wait begins at the earlier first sight, and the higher counter wins. Merging an
// entry twice changes nothing.
TupleState merged(const TupleState& a, const TupleState& b);
ClientState merged(const ClientState& a, const ClientState& b);
QuotaState merged(const QuotaState& a, const QuotaState& b);

}  // namespace mailreeve

#endif
