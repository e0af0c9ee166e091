// SPDX-License-Identifier: BSD-2-Clause
// What a client's HELO, its host name and the envelope show without any lookup. Pure functions.
#ifndef MAILREEVE_POLICIES_CLIENT_SIGNS_H
#define MAILREEVE_POLICIES_CLIENT_SIGNS_H

#include <optional>
#include <string_view>

#include "core/facts.h"
#include "core/sign.h"

namespace mailreeve {

// None: it is the client's verified name. `our_name` may be empty. The session has an
// address. RFC 5321 section 4.1.3 has the address literals.
std::optional<Sign> helo_sign(const Session& session, std::string_view our_name);

// Whether it is the same address, without "+" and what follows it in the local part; never for
// the null sender.
bool is_same_address(const Address& sender, const Address& recipient);

}  // namespace mailreeve

#endif
