// SPDX-License-Identifier: BSD-2-Clause
// The user of a message, determined only here. Quotas and sender authorization use
// this name.
#ifndef MAILREEVE_POLICIES_IDENTITY_H
#define MAILREEVE_POLICIES_IDENTITY_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/policy.h"

namespace mailreeve {

struct Owner {
  std::string name;                      // folded (fold_name()), at most kMostIdentity octets
  std::optional<IdentitySource> source;  // none: no user is known, `name` is empty
};

inline constexpr std::size_t kMostIdentity = 320;

// The first of these that is not empty. A login without "@" gets "@default_realm", if there is one.
Owner identify(const Session& session, const Envelope& envelope, std::span<const IdentitySource> from,
               std::string_view default_realm, unsigned ipv6_prefix);

// The user name for a client's address: "192.0.2.7"; for IPv6, the network,
// "2001:db8::/64", because a client has all the addresses in it; but "::1" for itself.
// With a prefix of 128, the address.
std::string client_user(const IpAddress& client, unsigned ipv6_prefix);

// Whether the MTA has verified the name. The envelope sender is only the client's claim.
bool is_verified(std::optional<IdentitySource> source);

// Refuses outbound mail without a known user.
class RequireIdentity final : public Policy {
 public:
  explicit RequireIdentity(ReplyTemplate message) : message_(std::move(message)) {}

  std::string_view name() const override { return "identity"; }
  Stage stage() const override { return Stage::Mail; }
  Direction direction() const override { return Direction::Outbound; }
  Verdict judge(const Facts& facts, Findings& findings) const override;

 private:
  ReplyTemplate message_;
};

}  // namespace mailreeve

#endif
