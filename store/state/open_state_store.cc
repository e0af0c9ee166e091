// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/open_state_store.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "store/sql/sqlite_file.h"
#include "store/state/memory_store.h"
#include "store/state/redis_store.h"
#include "store/state/sqlite_store.h"
#include "util/store_open_error.h"
#include "util/url.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

constexpr const char* kForms =
    "; known forms: memory:, sqlite:/path/of/file, redis://host:port/db, redis+unix:///path/of/socket, "
    "redis+sentinel://host:port,host:port/master, redis+cluster://host:port,host:port";

[[noreturn]] void refuse(std::string_view url, const std::string& why) {
  std::string shown = shown_url(url);
  std::replace(shown.begin(), shown.end(), '\0', '?');
  throw std::invalid_argument("\"" + shown + "\" " + why + kForms);
}

std::unique_ptr<StateStore> open_redis(std::string_view url, const StateStoreOptions& options) {
  RedisOptions redis;
  redis.timeout = options.timeout;
  redis.ca_file = options.ca_file;
  redis.names = options.hashed_names ? TupleNames::Hashed : TupleNames::Plain;
  try {
    return std::make_unique<RedisStore>(parse_redis_url(url), redis);
  } catch (const StreamError& error) {
    throw StoreOpenError(error.what());
  }
}

}  // namespace

void check_state_url(std::string_view url) {
  if (url == "memory:") return;
  if (is_redis_url(url)) {
    parse_redis_url(url);
    return;
  }
  if (!url.starts_with(kSqlite)) refuse(url, "is not a state store");
  const std::string_view path = url.substr(kSqlite.size());
  if (!path.starts_with('/')) refuse(url, "needs a path that begins with \"/\"");
  if (path.ends_with('/')) refuse(url, "names a directory");
  if (path.find('\0') != std::string_view::npos) refuse(url, "has a NUL in its path");
}

bool is_remote_state_url(std::string_view url) { return is_redis_url(url); }

std::unique_ptr<StateStore> open_state_store(std::string_view url, const StateStoreOptions& options) {
  check_state_url(url);
  if (is_redis_url(url)) return open_redis(url, options);
  if (url.starts_with(kSqlite))
    return std::make_unique<SqliteStore>(
        std::string(url.substr(kSqlite.size())),
        SqliteStore::Options{.timeout = options.timeout, .check = options.check, .trouble = options.trouble});
  return std::make_unique<MemoryStore>();
}

}  // namespace mailreeve
