// SPDX-License-Identifier: BSD-2-Clause
// How things are called in Redis. "mr1" is the version of the layout; all keys
// of one decision have the same "{...}", so that a cluster keeps them together.
#ifndef MAILREEVE_STORE_REDIS_KEYS_H
#define MAILREEVE_STORE_REDIS_KEYS_H

#include <string>
#include <string_view>

#include "core/backends.h"

namespace mailreeve {

inline constexpr std::string_view kClientKeys = "mr1:g:";  // hashes: trust and tuples
inline constexpr std::string_view kOrderKeys = "mr1:p:";   // sorted sets: pending tuples
inline constexpr std::string_view kUserKeys = "mr1:q:";    // hashes: what a user has sent

// "{NAME}", if it is short and of harmless characters, else "{#DIGEST}".
std::string hash_tag(std::string_view name);

// How a tuple is called in its client's hash. Hashed: 16 octets of SHA-256,
// whatever the addresses are; two of a million tuples meet with a chance of one
// in 10^26. Plain: readable, and several times as large.
enum class TupleNames { Hashed, Plain };
std::string tuple_field(const Approach& what, TupleNames names);

}  // namespace mailreeve

#endif
