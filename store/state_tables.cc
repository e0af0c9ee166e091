// SPDX-License-Identifier: BSD-2-Clause
#include "store/state_tables.h"

#include <algorithm>
#include <limits>
#include <utility>

namespace mailreeve {

namespace {

// The state database, format 3. Times are milliseconds since 1970, UTC.
//
// greylist: one row for each client network, sender and recipient that came.
//   client     network of the SMTP client: "192.0.2.0/24", "2001:db8::/64"
//   sender     envelope sender, normalised; "<>" for the null sender
//   recipient  envelope recipient, normalised
//   first      when the wait began
//   early      early retries since then (early-retry = reset or penalty)
//   passed     1 once it was retried in time, else 0
//   expires    not known any more from this time on
//
// client: one row for each client network that passed greylisting.
//   client     as in greylist
//   passes     messages that passed, up to trust-after
//   expires    not trusted any more from this time on
//
// Rows stay until a purge some time after they expired.
//
// greylist has row numbers: an index then holds a number where it would hold
// the three texts again. That is a fifth less on the disk, and a tuple that
// passes is written a third faster.
const char* const kSteps[] = {
    R"sql(
CREATE TABLE greylist (
  client    TEXT    NOT NULL,
  sender    TEXT    NOT NULL,
  recipient TEXT    NOT NULL,
  first     INTEGER NOT NULL,
  early     INTEGER NOT NULL,
  passed    INTEGER NOT NULL,
  expires   INTEGER NOT NULL,
  UNIQUE (client, sender, recipient)
) STRICT;
CREATE INDEX greylist_expires ON greylist (expires);
CREATE INDEX greylist_pending ON greylist (client, first, passed) WHERE passed = 0;
CREATE TABLE client (
  client  TEXT    NOT NULL PRIMARY KEY,
  passes  INTEGER NOT NULL,
  expires INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX client_expires ON client (expires);
)sql",
    kQuotaTables,
    kQuotaSince,
};

// Both rows in one statement: one snapshot, one round of locks.
constexpr char kFind[] = R"sql(
SELECT g.first, g.early, g.passed, g.expires, c.passes, c.expires
  FROM (SELECT 1)
  LEFT JOIN greylist g ON g.client = ?1 AND g.sender = ?2 AND g.recipient = ?3
  LEFT JOIN client c ON c.client = ?1
)sql";

// One pass over the table: by the index it would be one lookup a row.
constexpr char kSizeOfGreylist[] =
    "SELECT count(*) FILTER (WHERE NOT passed), count(*) FILTER (WHERE passed)"
    " FROM greylist NOT INDEXED WHERE expires > ?1";
constexpr char kSizeOfClient[] = "SELECT count(*) FROM client WHERE expires > ?1";

// The index is named, because the unique key looks as good to the planner, and
// leads through all that ever passed. It holds all that is asked for here.
constexpr char kCountPending[] =
    "SELECT count(*) FROM greylist INDEXED BY greylist_pending WHERE client = ?1 AND passed = 0";
constexpr char kDropOldest[] = R"sql(
DELETE FROM greylist WHERE rowid IN (
  SELECT rowid FROM greylist INDEXED BY greylist_pending
   WHERE client = ?1 AND passed = 0 ORDER BY first LIMIT ?2)
)sql";

constexpr char kPutTuple[] = R"sql(
INSERT INTO greylist (client, sender, recipient, first, early, passed, expires)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
  ON CONFLICT DO UPDATE SET first = ?4, early = ?5, passed = ?6, expires = ?7
)sql";
constexpr char kPutClient[] = R"sql(
INSERT INTO client (client, passes, expires) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET passes = ?2, expires = ?3
)sql";

constexpr char kPurgeTuples[] = R"sql(
DELETE FROM greylist WHERE rowid IN (
  SELECT rowid FROM greylist INDEXED BY greylist_expires WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
)sql";
constexpr char kPurgeClients[] = R"sql(
DELETE FROM client WHERE client IN (
  SELECT client FROM client INDEXED BY client_expires WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
)sql";

std::int64_t number(std::size_t count) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(count, kMost));
}

Stored find_with(SqliteStatement& statement, const Approach& what) {
  SqliteQuery query(statement, what.client, what.sender, what.recipient);
  Stored stored;
  if (!query.next()) return stored;
  if (!query.is_null(0))
    stored.tuple = TupleState{.first = from_millis(query.integer(0)),
                              .early = static_cast<unsigned>(query.integer(1)),
                              .passed = query.integer(2) != 0,
                              .expires = from_millis(query.integer(3))};
  if (!query.is_null(4))
    stored.client = ClientState{.passes = static_cast<unsigned>(query.integer(4)),
                                .expires = from_millis(query.integer(5))};
  return stored;
}

}  // namespace

const SqliteFormat& state_format() {
  static const SqliteFormat kFormat{.application_id = 0x4d527653, .steps = kSteps};  // "MRvS"
  return kFormat;
}

StateReader::StateReader(SqliteConnection connection)
    : connection_(std::move(connection)),
      find_(connection_, kFind),
      quota_(connection_),
      listing_(connection_) {}

Stored StateReader::find(const Approach& what) { return find_with(find_, what); }

StateSize StateReader::size(TimePoint now) {
  SqliteStatement tuples(connection_, kSizeOfGreylist);
  SqliteStatement clients(connection_, kSizeOfClient);
  StateSize size;
  if (SqliteQuery query(tuples, to_millis(now)); query.next()) {
    size.pending = static_cast<std::size_t>(query.integer(0));
    size.passed = static_cast<std::size_t>(query.integer(1));
  }
  if (SqliteQuery query(clients, to_millis(now)); query.next())
    size.clients = static_cast<std::size_t>(query.integer(0));
  size.users = quota_.count_users(now);
  return size;
}

StateWriter::StateWriter(SqliteConnection connection)
    : connection_(std::move(connection)),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      rollback_(connection_, "ROLLBACK"),
      find_(connection_, kFind),
      count_pending_(connection_, kCountPending),
      drop_oldest_(connection_, kDropOldest),
      put_tuple_(connection_, kPutTuple),
      put_client_(connection_, kPutClient),
      purge_tuples_(connection_, kPurgeTuples),
      purge_clients_(connection_, kPurgeClients),
      forget_tuples_(connection_, "DELETE FROM greylist WHERE client = ?1"),
      forget_client_(connection_, "DELETE FROM client WHERE client = ?1"),
      quota_(connection_) {}

void StateWriter::begin(Milliseconds patience) {
  // SQLite would go on writing where nobody finds it.
  connection_.check_not_moved();
  connection_.set_patience(patience);
  SqliteQuery(begin_).run();
}

void StateWriter::commit() { SqliteQuery(commit_).run(); }

void StateWriter::rollback() {
  if (connection_.in_transaction()) SqliteQuery(rollback_).run();
}

void StateWriter::checkpoint(Milliseconds patience) {
  connection_.set_patience(patience);
  connection_.checkpoint();
}

void StateWriter::abandon() { connection_.keep_log_on_close(true); }

Passage StateWriter::approach(const Approach& what, const GreylistRules& rules, TimePoint now) {
  const Stored stored = find_with(find_, what);
  const GreylistStep step = greylist_step(stored.tuple, stored.client, rules, what.counts, now);
  if (step.tuple) {
    const bool was_pending = stored.tuple && !stored.tuple->passed;
    // Before it goes in: whatever its time is, it is not the one to give way.
    if (!step.tuple->passed && !was_pending) make_room(what.client, rules.max_pending);
    put(what, *step.tuple);
  }
  if (step.client) put(what.client, *step.client);
  return step.passage;
}

void StateWriter::make_room(const std::string& client, unsigned max_pending) {
  const std::int64_t rest = static_cast<std::int64_t>(std::max(max_pending, 1U)) - 1;
  std::int64_t pending = 0;
  if (SqliteQuery query(count_pending_, client); query.next()) pending = query.integer(0);
  if (pending > rest) SqliteQuery(drop_oldest_, client, pending - rest).run();
}

void StateWriter::put(const Approach& what, const TupleState& tuple) {
  SqliteQuery(put_tuple_, what.client, what.sender, what.recipient, to_millis(tuple.first),
              std::int64_t{tuple.early}, std::int64_t{tuple.passed}, to_millis(tuple.expires))
      .run();
}

void StateWriter::put(const std::string& client, const ClientState& state) {
  SqliteQuery(put_client_, client, std::int64_t{state.passes}, to_millis(state.expires)).run();
}

void StateWriter::merge(const StateEntry& entry) {
  if (const auto* sent = std::get_if<SentEntry>(&entry)) return quota_.merge(*sent);
  if (const auto* client = std::get_if<ClientEntry>(&entry)) {
    const Approach any{.client = client->client, .sender = "", .recipient = ""};
    const Stored stored = find_with(find_, any);
    return put(client->client, stored.client ? merged(*stored.client, client->state) : client->state);
  }
  const auto& tuple = std::get<TupleEntry>(entry);
  const Approach what{.client = tuple.client, .sender = tuple.sender, .recipient = tuple.recipient};
  const Stored stored = find_with(find_, what);
  put(what, stored.tuple ? merged(*stored.tuple, tuple.state) : tuple.state);
}

std::size_t StateWriter::forget_client(const std::string& client) {
  return SqliteQuery(forget_tuples_, client).run() + SqliteQuery(forget_client_, client).run();
}

std::size_t StateWriter::purge(TimePoint now, std::size_t most) {
  std::size_t purged = SqliteQuery(purge_tuples_, to_millis(now), number(most)).run();
  if (purged < most) purged += SqliteQuery(purge_clients_, to_millis(now), number(most - purged)).run();
  if (purged < most) purged += quota_.purge(now, most - purged);
  return purged;
}

}  // namespace mailreeve
