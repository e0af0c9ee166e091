// SPDX-License-Identifier: BSD-2-Clause
// Administration of the state in Redis: StateArchive for RedisStore. Tuples with
// hashed names can be changed but not listed, because their names are unknown.
#ifndef MAILREEVE_STORE_STATE_REDIS_ARCHIVE_H
#define MAILREEVE_STORE_STATE_REDIS_ARCHIVE_H

#include <functional>
#include <string>
#include <vector>

#include "core/state_entry.h"
#include "store/redis/client.h"
#include "store/state/redis_keys.h"

namespace mailreeve {

class RedisArchive {
 public:
  RedisArchive(RedisClient& client, TupleNames names) : client_(client), names_(names) {}

  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline);
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline);
  void put(const StateEntry& entry, TimePoint now, Deadline deadline);
  std::size_t forget_client(const std::string& client, Deadline deadline);

 private:
  // `merge` computes the new value from the existing one.
  using Merge = std::function<std::string(const std::string&)>;
  void replace(const std::vector<std::string>& keys, const std::string& field, const std::string& value,
               Milliseconds life, const Merge& merge, Deadline deadline);
  void put_user(const SentEntry& entry, TimePoint now, Deadline deadline);
  void append(std::vector<StateEntry>& out, const std::string& key, Deadline deadline);

  RedisClient& client_;
  const TupleNames names_;
};

}  // namespace mailreeve

#endif
