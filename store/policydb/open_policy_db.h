// SPDX-License-Identifier: BSD-2-Clause
// The policy database that a URL names:
//
//   sqlite:/path/of/file
//   mysql://user@host[:port][,host[:port]...]/database
//   mysql://user@/path/of/socket:database
//
// Hosts are tried in this order, the one that answered last first. An IPv6
// address is written in brackets. The names of user and database have no "@",
// "/" or ":". The default port is 3306. "localhost" is a host like others.
#ifndef MAILREEVE_STORE_POLICYDB_OPEN_POLICY_DB_H
#define MAILREEVE_STORE_POLICYDB_OPEN_POLICY_DB_H

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "store/sql/mysql_connector.h"
#include "store/sql/sql.h"
#include "store/sql/sqlite_file.h"

namespace mailreeve {

struct PolicyDbAddress {
  std::string url;
  std::string password_file{};  // read at each connect. Empty: no password
  SqlTls tls = SqlTls::Off;     // a Unix socket has none
  std::string tls_ca_file{};    // for Verified; empty: the system's
  Milliseconds timeout{5000};
  std::size_t connections = 8;
  SqliteCheck check = SqliteCheck::Pages;  // of an SQLite file
  // Called with what happened to an SQLite file while it was in use.
  std::function<void(const std::string&)> trouble = [](const std::string&) {};
};

// Checks that the URL has one of the forms; touches nothing. Throws
// std::invalid_argument with a sentence that lists them.
void check_policy_db_url(std::string_view url);

// Throws that too, and StoreOpenError (a std::runtime_error) if an SQLite file
// cannot be used; creates the file if there is none. Does not contact a MySQL server
// before the first call. Starts threads: not before a fork().
std::unique_ptr<SqlDatabase> open_policy_db(const PolicyDbAddress& address);

}  // namespace mailreeve

#endif
