// SPDX-License-Identifier: BSD-2-Clause
// Names in Redis. "mr1" is the version of the layout; all keys of one decision have
// the same "{...}", so that a cluster keeps them together.
#ifndef MAILREEVE_STORE_STATE_REDIS_KEYS_H
#define MAILREEVE_STORE_STATE_REDIS_KEYS_H

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "core/state_store.h"
#include "store/redis/protocol.h"

namespace mailreeve {

inline constexpr std::string_view kClientKeys = "mr1:g:";  // hashes: trust and tuples
inline constexpr std::string_view kOrderKeys = "mr1:p:";   // sorted sets: pending tuples
inline constexpr std::string_view kUserKeys = "mr1:q:";    // hashes: what a user has sent
inline constexpr std::string_view kMemoKeys = "mr1:m:";    // hashes: what is remembered for a while

// What a walk finds: all hashes, and those that have parts which end by themselves.
inline constexpr std::string_view kAllHashes = "mr1:[gqm]:*";
inline constexpr std::string_view kSweptHashes = "mr1:[gq]:*";

// Keys live this much longer than their contents: the clocks of our hosts may differ,
// and the servers' expiry only cleans up.
inline constexpr Milliseconds kExpiryMargin{3600 * 1000};

// "{NAME}", with unsafe octets as "%" and two hexadecimal digits.
std::string hash_tag(std::string_view name);
// The client's hash; that and its order; the user's hash.
std::string client_key(std::string_view client);
std::vector<std::string> client_keys(std::string_view client);
std::string user_key(std::string_view user);
// The next step of a walk over hashes of ours; a key with such a name that is not a hash
// is foreign.
RedisCommand scan_command(std::string_view keys, const std::string& cursor, std::size_t count);
// The owner of the hash; nullopt if it is not ours.
std::optional<std::string> name_of_key(std::string_view key);

// The name of a tuple in its client's hash. Plain: "LENGTH:SENDER RECIPIENT" without
// the space, so that it can be shown and copied. Hashed: 16 octets of SHA-256 of that;
// the probability that two of a million tuples collide is 1 in 10^26.
enum class TupleNames { Plain, Hashed };
std::string tuple_field(const Approach& what, TupleNames names);
// The key of a memo is made likewise; its kind stays.
std::string memo_key(const std::string& kind, const std::string& key, TupleNames names);
// Sender and recipient; nullopt if the names are hashed.
std::optional<std::pair<std::string, std::string>> names_of_field(std::string_view field);

}  // namespace mailreeve

#endif
