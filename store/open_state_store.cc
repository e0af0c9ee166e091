// SPDX-License-Identifier: BSD-2-Clause
#include "store/open_state_store.h"

#include <algorithm>
#include <stdexcept>
#include <string>

#include "store/memory_store.h"
#include "store/sqlite_store.h"

namespace mailreeve {

namespace {

constexpr std::string_view kSqlite = "sqlite:";

[[noreturn]] void refuse(std::string_view url, const std::string& why) {
  std::string shown(url);
  std::replace(shown.begin(), shown.end(), '\0', '?');
  throw std::invalid_argument("\"" + shown + "\" " + why + "; known forms: memory: and sqlite:/path/of/file");
}

}  // namespace

void check_state_url(std::string_view url) {
  if (url == "memory:") return;
  if (!url.starts_with(kSqlite)) refuse(url, "is not a state store");
  const std::string_view path = url.substr(kSqlite.size());
  if (!path.starts_with('/')) refuse(url, "needs a path that begins with \"/\"");
  if (path.ends_with('/')) refuse(url, "names a directory");
  if (path.find('\0') != std::string_view::npos) refuse(url, "has a NUL in its path");
}

std::unique_ptr<StateStore> open_state_store(std::string_view url) {
  check_state_url(url);
  if (url.starts_with(kSqlite)) return std::make_unique<SqliteStore>(std::string(url.substr(kSqlite.size())));
  return std::make_unique<MemoryStore>();
}

}  // namespace mailreeve
