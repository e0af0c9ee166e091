// SPDX-License-Identifier: BSD-2-Clause
// The options of identity, with their defaults.
#ifndef MAILREEVE_POLICIES_IDENTITY_SETTINGS_H
#define MAILREEVE_POLICIES_IDENTITY_SETTINGS_H

#include <string>
#include <vector>

#include "core/facts.h"
#include "core/verdict.h"

namespace mailreeve {

struct IdentitySettings {
  // Not the sender, which is only the client's claim.
  std::vector<IdentitySource> from{IdentitySource::AuthAuthen, IdentitySource::CertSubject,
                                   IdentitySource::ClientAddress};
  std::string default_realm;
  bool require = false;
  ReplyTemplate message{
      "530 5.7.0 Authentication required ({ref})", ReplyTemplate::Class::Permanent, "530 5.7.0", {}};
};

}  // namespace mailreeve

#endif
