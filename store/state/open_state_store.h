// SPDX-License-Identifier: BSD-2-Clause
// The state store that a URL names: "memory:", "sqlite:/path/of/file", or one
// of the forms in store/redis/url.h.
#ifndef MAILREEVE_STORE_STATE_OPEN_STATE_STORE_H
#define MAILREEVE_STORE_STATE_OPEN_STATE_STORE_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "core/state_store.h"
#include "store/sql/sqlite_file.h"

namespace mailreeve {

struct StateStoreOptions {
  Milliseconds timeout{250};               // of one call, whatever its deadline
  SqliteCheck check = SqliteCheck::Pages;  // of an SQLite file
  // Called with what happened to an SQLite file that no call noticed.
  std::function<void(const std::string&)> trouble = [](const std::string&) {};
  // Only for stores on a network.
  std::string ca_file{};      // trusted authorities for TLS, PEM; empty: the system's
  bool hashed_names = false;  // of tuples in Redis
};

// Whether the URL names a store on a network.
bool is_remote_state_url(std::string_view url);

// Checks that the URL has one of the forms; touches nothing. Throws
// std::invalid_argument with a sentence that lists them.
void check_state_url(std::string_view url);

// Throws that too, and StoreOpenError (a std::runtime_error) if the store cannot be
// used; a server that does not answer now may do so later. Starts threads: not before
// a fork().
std::unique_ptr<StateStore> open_state_store(std::string_view url, const StateStoreOptions& options = {});

}  // namespace mailreeve

#endif
