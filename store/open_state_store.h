// SPDX-License-Identifier: BSD-2-Clause
// The state store that a URL names: "memory:" or "sqlite:/path/of/file".
#ifndef MAILREEVE_STORE_OPEN_STATE_STORE_H
#define MAILREEVE_STORE_OPEN_STATE_STORE_H

#include <memory>
#include <string_view>

#include "core/backends.h"

namespace mailreeve {

// Whether the URL has one of the forms; touches nothing. Throws
// std::invalid_argument with a sentence that lists them.
void check_state_url(std::string_view url);

// Throws that too, and StoreOpenError (a std::runtime_error) if what it names
// cannot be used. Starts threads: not before a fork().
std::unique_ptr<StateStore> open_state_store(std::string_view url);

}  // namespace mailreeve

#endif
