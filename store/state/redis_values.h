// SPDX-License-Identifier: BSD-2-Clause
// The fields of our hashes in Redis, as texts and as values. The scripts in
// store/state/lua read and write the same.
#ifndef MAILREEVE_STORE_STATE_REDIS_VALUES_H
#define MAILREEVE_STORE_STATE_REDIS_VALUES_H

#include <optional>
#include <string>
#include <vector>

#include "core/greylist_state.h"
#include "core/memo.h"
#include "core/quota_state.h"
#include "store/redis/protocol.h"

namespace mailreeve {

// Of a client's hash; the other fields are tuples.
inline constexpr const char* kTrustField = "t";
inline constexpr const char* kPendingField = "n";
// Of a user's; the other fields are parts of windows.
inline constexpr const char* kSinceField = "s";
inline constexpr const char* kLastField = "l";
inline constexpr const char* kNoticeField = "x";
// Of a memo's.
inline constexpr const char* kUntilField = "u";
inline constexpr const char* kValueField = "v";
std::string part_field(const QuotaPart& part);

std::string to_value(const TupleState& state);
std::string to_value(const ClientState& state);
std::string to_value(const QuotaPart& part);
inline std::string to_value(TimePoint when) { return std::to_string(to_millis(when)); }

// nullopt for foreign data.
std::optional<TupleState> tuple_of(const std::string& value);
std::optional<ClientState> client_of(const std::string& value);
std::optional<QuotaPart> part_of(const std::string& field, const std::string& value);
std::optional<TimePoint> time_of(const std::string& value);
// Parses a user's whole hash, as returned by HGETALL, without fields that cannot be parsed:
// another version may have written them. Throws BackendError if it is not a hash.
QuotaState user_of(const RedisReply& hash);
// Value and end of a memo, of its whole hash; nothing if there is none. Throws BackendError if it is
// no hash.
std::optional<Memo> memo_of(const RedisReply& hash);
// What remember.lua needs to know: takes_place() of core/memo.h.
std::vector<std::string> remember_arguments(const Memo& memo, IfKnown known, TimePoint now);
[[noreturn]] void refuse_value();

}  // namespace mailreeve

#endif
