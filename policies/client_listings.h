// SPDX-License-Identifier: BSD-2-Clause
// What DNS lists say about the client of a message. What they say about its address is remembered
// for a while in the state store, where all hosts find it.
#ifndef MAILREEVE_POLICIES_CLIENT_LISTINGS_H
#define MAILREEVE_POLICIES_CLIENT_LISTINGS_H

#include <memory>
#include <optional>
#include <string>

#include "core/facts.h"
#include "core/state_store.h"
#include "dnslists/dns_lists.h"
#include "policies/reputation_settings.h"

namespace mailreeve {

// The sum of the weights.
unsigned weight_of(const std::vector<Listing>& listings);

class ClientListings {
 public:
  ClientListings(const ReputationSettings& settings, std::shared_ptr<DnsLists> lists,
                 std::shared_ptr<MemoStore> store);

  // Whether any list is configured.
  bool any() const { return by_address_ || by_name_; }
  // Asks at the first recipient of a message, and waits for no list that cannot change the outcome
  // any more. A store that does not answer is one that knows nothing. The client has an address.
  const Listings& of(const Facts& facts, Findings& findings) const;

 private:
  Listings ask(const Facts& facts) const;
  bool is_decided(const ListSums& sums) const;
  Memo memo(const Facts& facts) const;
  std::optional<Listings> recall(const Facts& facts) const;
  void remember(const Listings& listings, const Facts& facts) const;

  ReputationSettings settings_;
  bool by_address_;
  bool by_name_;
  std::string fingerprint_;  // of the settings that a remembered outcome depends on
  std::shared_ptr<DnsLists> lists_;
  std::shared_ptr<MemoStore> store_;
};

}  // namespace mailreeve

#endif
