// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_listing.h"

#include <algorithm>

namespace mailreeve {

namespace {

constexpr char kTuples[] = R"sql(
SELECT client, sender, recipient, first, last, early, passed, expires, rowid FROM greylist
 WHERE rowid > ?1 ORDER BY rowid LIMIT ?2
)sql";
constexpr char kTuplesOf[] =
    "SELECT client, sender, recipient, first, last, early, passed, expires FROM greylist WHERE client = ?1";
constexpr char kClients[] =
    "SELECT client, passes, expires FROM client WHERE client > ?1 ORDER BY client LIMIT ?2";
constexpr char kClientOf[] = "SELECT client, passes, expires FROM client WHERE client = ?1";
constexpr char kUsers[] = "SELECT user FROM quota_user WHERE user > ?1 ORDER BY user LIMIT ?2";

TupleEntry tuple_of(const SqliteQuery& row) {
  return {.client = std::string(row.text(0)),
          .sender = std::string(row.text(1)),
          .recipient = std::string(row.text(2)),
          .state = {.first = from_millis(row.integer(3)),
                    .last = from_millis(std::max(row.integer(3), row.integer(4))),
                    .early = static_cast<unsigned>(row.integer(5)),
                    .passed = row.integer(6) != 0,
                    .expires = from_millis(row.integer(7))}};
}

ClientEntry client_of(const SqliteQuery& row) {
  return {.client = std::string(row.text(0)),
          .state = {.passes = static_cast<unsigned>(row.integer(1)), .expires = from_millis(row.integer(2))}};
}

std::int64_t number(std::size_t count) { return static_cast<std::int64_t>(count); }

}  // namespace

SqliteListing::SqliteListing(SqliteConnection& connection)
    : tuples_(connection, kTuples),
      clients_(connection, kClients),
      users_(connection, kUsers),
      tuples_of_(connection, kTuplesOf),
      client_of_(connection, kClientOf),
      quota_(connection),
      memos_(connection) {}

// The place is the table's letter and the last row's key.
std::vector<StateEntry> SqliteListing::list(std::string& place, std::size_t most) {
  if (place.empty()) place = "t0";
  std::string key = place.substr(1);
  if (place.front() == 't') {
    auto out = tuples(key, most);
    place = "t" + key;
    if (!out.empty()) return out;
    place = "c";
    key.clear();
  }
  if (place.front() == 'c') {
    auto out = clients(key, most);
    place = "c" + key;
    if (!out.empty()) return out;
    key.clear();
  }
  if (place.front() == 'u' || place.front() == 'c') {
    auto out = users(key, most);
    place = "u" + key;
    if (!out.empty()) return out;
    key.clear();
  }
  auto out = memos_.list(key, most);
  place = "m" + key;
  return out;
}

std::vector<StateEntry> SqliteListing::tuples(std::string& row, std::size_t most) {
  std::vector<StateEntry> out;
  SqliteQuery query(tuples_, std::int64_t{std::stoll(row)}, number(most));
  while (query.next()) {
    out.emplace_back(tuple_of(query));
    row = std::to_string(query.integer(8));
  }
  return out;
}

std::vector<StateEntry> SqliteListing::clients(std::string& name, std::size_t most) {
  std::vector<StateEntry> out;
  const std::string from = name;
  SqliteQuery query(clients_, from, number(most));
  while (query.next()) {
    out.emplace_back(client_of(query));
    name = query.text(0);
  }
  return out;
}

std::vector<StateEntry> SqliteListing::users(std::string& name, std::size_t most) {
  std::vector<StateEntry> out;
  const std::string from = name;
  SqliteQuery query(users_, from, number(most));
  while (query.next()) {
    name = query.text(0);
    out.emplace_back(SentEntry{.user = name, .state = quota_.find(name)});
  }
  return out;
}

std::vector<StateEntry> SqliteListing::of_client(const std::string& client) {
  std::vector<StateEntry> out;
  SqliteQuery trust(client_of_, client);
  while (trust.next()) out.emplace_back(client_of(trust));
  SqliteQuery query(tuples_of_, client);
  while (query.next()) out.emplace_back(tuple_of(query));
  return out;
}

}  // namespace mailreeve
