// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_tables.h"

#include <algorithm>
#include <limits>
#include <thread>
#include <utility>

namespace mailreeve {

namespace {

// The state database, format 5. Times are milliseconds since 1970, UTC.
//
// greylist: one row for each client, sender and recipient that came.
//   client     network of the SMTP client: "192.0.2.0/24", "2001:db8::/64"; or the domain
//              whose hosts are one client: "spf:example.com", "host:example.com"
//   sender     envelope sender, normalised; "<>" for the null sender
//   recipient  envelope recipient, normalised
//   first      when the wait began
//   early      early retries since then (early-retry = reset or penalty)
//   passed     1 once it was retried in time, else 0
//   expires    not known any more from this time on
//   last       the last try that counted; before `first`: there was none after it
//
// client: one row for each client that passed greylisting.
//   client     as in greylist
//   passes     messages that passed, up to trust-after
//   expires    not trusted any more from this time on
//
// size: one row, kept by triggers: how many rows there are in greylist that wait, and
// that have passed, and in client. Counting a million would take longer than anybody
// wants to wait, and each new tuple needs the sum.
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
    // The new index leads to what is over, and to what gives way first.
    R"sql(
ALTER TABLE greylist ADD COLUMN last INTEGER NOT NULL DEFAULT 0;
DROP INDEX greylist_expires;
CREATE INDEX greylist_ends ON greylist (passed, expires);
CREATE TABLE size (
  pending INTEGER NOT NULL,
  passed  INTEGER NOT NULL,
  clients INTEGER NOT NULL
) STRICT;
INSERT INTO size SELECT
  (SELECT count(*) FROM greylist WHERE passed = 0),
  (SELECT count(*) FROM greylist WHERE passed = 1),
  (SELECT count(*) FROM client);
CREATE TRIGGER greylist_added AFTER INSERT ON greylist BEGIN
  UPDATE size SET pending = pending + 1 - new.passed, passed = passed + new.passed;
END;
CREATE TRIGGER greylist_removed AFTER DELETE ON greylist BEGIN
  UPDATE size SET pending = pending - 1 + old.passed, passed = passed - old.passed;
END;
CREATE TRIGGER greylist_passed AFTER UPDATE OF passed ON greylist WHEN old.passed <> new.passed BEGIN
  UPDATE size SET pending = pending + old.passed - new.passed, passed = passed - old.passed + new.passed;
END;
CREATE TRIGGER client_added AFTER INSERT ON client BEGIN
  UPDATE size SET clients = clients + 1;
END;
CREATE TRIGGER client_removed AFTER DELETE ON client BEGIN
  UPDATE size SET clients = clients - 1;
END;
)sql",
    kMemoTables,
    kMemoKinds,
};

// All rows in one statement: one snapshot, one round of locks.
constexpr char kFind[] = R"sql(
SELECT g.first, g.last, g.early, g.passed, g.expires, c.passes, c.expires, n.passes, n.expires
  FROM (SELECT 1)
  LEFT JOIN greylist g ON g.client = ?1 AND g.sender = ?3 AND g.recipient = ?4
  LEFT JOIN client c ON c.client = ?1
  LEFT JOIN client n ON n.client = ?2
)sql";
constexpr char kFindClient[] = "SELECT passes, expires FROM client WHERE client = ?1";

// What is over is taken off: it has been counted until a purge comes by.
constexpr char kSize[] = R"sql(
SELECT pending - (SELECT count(*) FROM greylist WHERE passed = 0 AND expires <= ?1),
       passed - (SELECT count(*) FROM greylist WHERE passed = 1 AND expires <= ?1),
       clients - (SELECT count(*) FROM client WHERE expires <= ?1)
  FROM size
)sql";

// The index is named, because the unique key looks as good to the planner, and
// leads through all that ever passed. It holds all that is asked for here.
constexpr char kCountPending[] =
    "SELECT count(*) FROM greylist INDEXED BY greylist_pending WHERE client = ?1 AND passed = 0";
constexpr char kDropOldest[] = R"sql(
DELETE FROM greylist WHERE rowid IN (
  SELECT rowid FROM greylist INDEXED BY greylist_pending
   WHERE client = ?1 AND passed = 0 ORDER BY first LIMIT ?2)
)sql";

constexpr char kCountTuples[] = "SELECT pending, passed FROM size";
constexpr char kDropEnding[] = R"sql(
DELETE FROM greylist WHERE rowid IN (
  SELECT rowid FROM greylist INDEXED BY greylist_ends WHERE passed = ?1 ORDER BY expires LIMIT ?2)
)sql";

constexpr char kPutTuple[] = R"sql(
INSERT INTO greylist (client, sender, recipient, first, last, early, passed, expires)
  VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)
  ON CONFLICT DO UPDATE SET first = ?4, last = ?5, early = ?6, passed = ?7, expires = ?8
)sql";
constexpr char kPutClient[] = R"sql(
INSERT INTO client (client, passes, expires) VALUES (?1, ?2, ?3)
  ON CONFLICT DO UPDATE SET passes = ?2, expires = ?3
)sql";

constexpr char kPurgeTuples[] = R"sql(
DELETE FROM greylist WHERE rowid IN (
  SELECT rowid FROM greylist INDEXED BY greylist_ends WHERE passed IN (0, 1) AND expires <= ?1 LIMIT ?2)
)sql";
constexpr char kPurgeClients[] = R"sql(
DELETE FROM client WHERE client IN (
  SELECT client FROM client INDEXED BY client_expires WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
)sql";

// How many give way to one new tuple where max-tuples has become smaller.
constexpr std::size_t kMostAtOnce = 100;

std::int64_t number(std::size_t count) {
  constexpr auto kMost = static_cast<std::size_t>(std::numeric_limits<std::int64_t>::max());
  return static_cast<std::int64_t>(std::min(count, kMost));
}

std::optional<ClientState> client_at(const SqliteQuery& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return ClientState{.passes = static_cast<unsigned>(row.integer(column)),
                     .expires = from_millis(row.integer(column + 1))};
}

Remembered find_with(SqliteStatement& statement, const Approach& what) {
  SqliteQuery query(statement, what.client, what.voucher, what.sender, what.recipient);
  Remembered out;
  out.client_lapses = what.lapses;
  if (!query.next()) return out;
  if (!query.is_null(0))
    out.tuple = TupleState{.first = from_millis(query.integer(0)),
                           .last = from_millis(std::max(query.integer(0), query.integer(1))),
                           .early = static_cast<unsigned>(query.integer(2)),
                           .passed = query.integer(3) != 0,
                           .expires = from_millis(query.integer(4))};
  out.client = client_at(query, 5);
  out.voucher = client_at(query, 7);
  return out;
}

}  // namespace

const SqliteFormat& state_format() {
  static const SqliteFormat kFormat{.application_id = 0x4d527653, .steps = kSteps};  // "MRvS"
  return kFormat;
}

SqliteReader::SqliteReader(SqliteConnection connection)
    : connection_(std::move(connection)),
      find_(connection_, kFind),
      quota_(connection_),
      memos_(connection_),
      listing_(connection_) {}

Remembered SqliteReader::find(const Approach& what) { return find_with(find_, what); }

StateSize SqliteReader::size(TimePoint now) {
  SqliteStatement statement(connection_, kSize);
  StateSize size;
  if (SqliteQuery query(statement, to_millis(now)); query.next()) {
    const auto count = [&](int column) {
      return static_cast<std::size_t>(std::max<std::int64_t>(query.integer(column), 0));
    };
    size = {.pending = count(0), .passed = count(1), .clients = count(2)};
  }
  size.users = quota_.count_users(now);
  return size;
}

SqliteWriter::SqliteWriter(SqliteConnection connection)
    : connection_(std::move(connection)),
      begin_(connection_, "BEGIN IMMEDIATE"),
      commit_(connection_, "COMMIT"),
      rollback_(connection_, "ROLLBACK"),
      find_(connection_, kFind),
      find_client_(connection_, kFindClient),
      count_pending_(connection_, kCountPending),
      drop_oldest_(connection_, kDropOldest),
      count_tuples_(connection_, kCountTuples),
      drop_ending_(connection_, kDropEnding),
      put_tuple_(connection_, kPutTuple),
      put_client_(connection_, kPutClient),
      purge_tuples_(connection_, kPurgeTuples),
      purge_clients_(connection_, kPurgeClients),
      forget_tuples_(connection_, "DELETE FROM greylist WHERE client = ?1"),
      forget_client_(connection_, "DELETE FROM client WHERE client = ?1"),
      quota_(connection_),
      memos_(connection_) {}

void SqliteWriter::begin(Milliseconds patience) {
  // SQLite would go on writing where nobody finds it.
  connection_.check_not_moved();
  connection_.set_patience(patience);
  SqliteQuery(begin_).run();
}

void SqliteWriter::commit() { SqliteQuery(commit_).run(); }

void SqliteWriter::rollback() {
  if (connection_.in_transaction()) SqliteQuery(rollback_).run();
}

void SqliteWriter::checkpoint(Milliseconds patience) {
  // SQLite does not wait for another checkpoint, the keeper's.
  for (const Deadline end(patience);;) {
    try {
      connection_.set_patience(end.left());
      // First what holds up nobody, which is nearly all.
      connection_.move_log();
      connection_.checkpoint();
      return;
    } catch (const SqliteError& error) {
      if (!error.busy() || end.passed()) throw;
    }
    std::this_thread::sleep_for(Milliseconds(5));
  }
}

void SqliteWriter::abandon() { connection_.keep_log_on_close(true); }

Passage SqliteWriter::approach(const Approach& what, const GreylistRules& rules, TimePoint now) {
  const Remembered known = find_with(find_, what);
  const GreylistStep step = greylist_step(known, rules, now);
  if (step.tuple) {
    const bool was_pending = known.tuple && !known.tuple->passed;
    // Before it goes in: whatever its time is, it is not the one to give way.
    if (!step.tuple->passed && !was_pending) make_room(what.client, rules.max_pending);
    if (!known.tuple) make_room(rules.max_tuples - 1, rules, kMostAtOnce);
    put(what, *step.tuple);
  }
  if (step.client) put(what.client, *step.client);
  if (step.voucher) put(what.voucher, *step.voucher);
  return step.passage;
}

void SqliteWriter::count_passage(const std::string& name, const GreylistRules& rules, TimePoint now) {
  put(name, with_passage(client(name), rules, now));
}

std::optional<ClientState> SqliteWriter::client(const std::string& name) {
  SqliteQuery query(find_client_, name);
  return query.next() ? client_at(query, 0) : std::nullopt;
}

// Until there are no more than `limit`.
std::size_t SqliteWriter::make_room(std::size_t limit, const GreylistRules& rules, std::size_t most) {
  GivingWay wanted;
  if (SqliteQuery query(count_tuples_); query.next()) {
    const auto count = [&](int column) { return static_cast<std::size_t>(query.integer(column)); };
    wanted = give_way(count(0), count(1), limit, rules);
  }
  if (wanted.all() == 0) return 0;
  const std::int64_t pending = number(std::min(wanted.pending, most));
  const std::int64_t passed = std::min(number(wanted.passed), number(most) - pending);
  std::size_t dropped = 0;
  if (pending > 0) dropped += SqliteQuery(drop_ending_, std::int64_t{0}, pending).run();
  if (passed > 0) dropped += SqliteQuery(drop_ending_, std::int64_t{1}, passed).run();
  return dropped;
}

void SqliteWriter::make_room(const std::string& client, unsigned max_pending) {
  const std::int64_t rest = static_cast<std::int64_t>(std::max(max_pending, 1U)) - 1;
  std::int64_t pending = 0;
  if (SqliteQuery query(count_pending_, client); query.next()) pending = query.integer(0);
  if (pending > rest) SqliteQuery(drop_oldest_, client, pending - rest).run();
}

void SqliteWriter::put(const Approach& what, const TupleState& tuple) {
  SqliteQuery(put_tuple_, what.client, what.sender, what.recipient, to_millis(tuple.first),
              to_millis(tuple.last), std::int64_t{tuple.early}, std::int64_t{tuple.passed},
              to_millis(tuple.expires))
      .run();
}

void SqliteWriter::put(const std::string& client, const ClientState& state) {
  SqliteQuery(put_client_, client, std::int64_t{state.passes}, to_millis(state.expires)).run();
}

void SqliteWriter::merge(const StateEntry& entry) {
  if (const auto* sent = std::get_if<SentEntry>(&entry)) return quota_.merge(*sent);
  if (const auto* memo = std::get_if<Memo>(&entry)) {
    memos_.remember(*memo, IfKnown::Renewed, TimePoint());
    return;
  }
  if (const auto* trust = std::get_if<ClientEntry>(&entry)) {
    const auto there = client(trust->client);
    return put(trust->client, there ? merged(*there, trust->state) : trust->state);
  }
  const auto& tuple = std::get<TupleEntry>(entry);
  const Approach what{
      .client = tuple.client, .voucher = {}, .sender = tuple.sender, .recipient = tuple.recipient};
  const auto there = find_with(find_, what).tuple;
  put(what, there ? merged(*there, tuple.state) : tuple.state);
}

std::size_t SqliteWriter::forget_client(const std::string& client) {
  return SqliteQuery(forget_tuples_, client).run() + SqliteQuery(forget_client_, client).run();
}

std::size_t SqliteWriter::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  std::size_t purged = SqliteQuery(purge_tuples_, to_millis(now), number(most)).run();
  if (purged < most) purged += SqliteQuery(purge_clients_, to_millis(now), number(most - purged)).run();
  if (purged < most) purged += quota_.purge(now, most - purged);
  if (purged < most) purged += memos_.purge(now, most - purged);
  if (purged < most) purged += make_room(rules.max_tuples, rules, most - purged);
  return purged;
}

}  // namespace mailreeve
