// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_quota_tables.h"

namespace mailreeve {

// quota_part: what a user sent in one part of a window (see core/quota_state.h).
//   user        the identity
//   window      the window's length in seconds; 0: a day
//   begin       of the part
//   recipients  sent to in it
//   messages    sent in it
//   expires     counts for nothing from this time on
//
// quota_user: one row for each user who has sent, or was refused, lately.
//   user          as in quota_part
//   last          when the last message was charged, or NULL
//   exceeded      no notice of an excess is due before this time, or NULL
//   expires       of no interest from this time on
//   since         when the first message was charged since a reset, or NULL
const char* const kQuotaTables = R"sql(
CREATE TABLE quota_part (
  user       TEXT    NOT NULL,
  window     INTEGER NOT NULL,
  begin      INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  messages   INTEGER NOT NULL,
  expires    INTEGER NOT NULL,
  PRIMARY KEY (user, window, begin)
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_part_expires ON quota_part (expires);
CREATE TABLE quota_user (
  user         TEXT    NOT NULL PRIMARY KEY,
  last         INTEGER,
  exceeded     INTEGER,
  unauthorized INTEGER,
  expires      INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX quota_user_expires ON quota_user (expires);
)sql";
const char* const kQuotaSince = "ALTER TABLE quota_user ADD COLUMN since INTEGER";

namespace {

// A user's own row comes with a window that no part has.
constexpr std::int64_t kOwnRow = -1;
constexpr char kFind[] = R"sql(
SELECT window, begin, recipients, messages, expires FROM quota_part WHERE user = ?1
UNION ALL
SELECT -1, last, exceeded, since, 0 FROM quota_user WHERE user = ?1
)sql";
constexpr char kCount[] = "SELECT count(*) FROM quota_user WHERE expires > ?1";

constexpr char kAddPart[] = R"sql(
INSERT INTO quota_part (user, window, begin, recipients, messages, expires) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
  ON CONFLICT DO UPDATE SET recipients = recipients + ?4, messages = messages + ?5
)sql";
constexpr char kPutUser[] = R"sql(
INSERT INTO quota_user (user, last, exceeded, expires, since)
  VALUES (?1, nullif(?2, -1), nullif(?3, -1), ?4, nullif(?5, -1))
  ON CONFLICT DO UPDATE SET last = nullif(?2, -1), exceeded = nullif(?3, -1), expires = ?4,
                            since = nullif(?5, -1)
)sql";

constexpr char kPurgeParts[] = R"sql(
DELETE FROM quota_part WHERE (user, window, begin) IN (
  SELECT user, window, begin FROM quota_part INDEXED BY quota_part_expires
   WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
)sql";
constexpr char kPurgeUsers[] = R"sql(
DELETE FROM quota_user WHERE user IN (
  SELECT user FROM quota_user INDEXED BY quota_user_expires WHERE expires <= ?1 ORDER BY expires LIMIT ?2)
)sql";

std::optional<TimePoint> moment(const SqliteQuery& query, int column) {
  if (query.is_null(column)) return std::nullopt;
  return from_millis(query.integer(column));
}

std::int64_t stored(const std::optional<TimePoint>& when) { return when ? to_millis(*when) : -1; }

}  // namespace

SqliteQuotaReader::SqliteQuotaReader(SqliteConnection& connection)
    : find_(connection, kFind), count_(connection, kCount) {}

QuotaState SqliteQuotaReader::find(const std::string& user) {
  QuotaState out;
  SqliteQuery query(find_, user);
  while (query.next()) {
    if (query.integer(0) == kOwnRow) {
      out.last = moment(query, 1);
      out.exceeded = moment(query, 2);
      out.since = moment(query, 3);
    } else {
      out.parts.push_back({.window = Seconds(query.integer(0)),
                           .begin = from_millis(query.integer(1)),
                           .recipients = query.integer(2),
                           .messages = query.integer(3),
                           .expires = from_millis(query.integer(4))});
    }
  }
  return out;
}

std::size_t SqliteQuotaReader::count_users(TimePoint now) {
  SqliteQuery query(count_, to_millis(now));
  return query.next() ? static_cast<std::size_t>(query.integer(0)) : 0;
}

SqliteQuotaWriter::SqliteQuotaWriter(SqliteConnection& connection)
    : reader_(connection),
      add_part_(connection, kAddPart),
      put_user_(connection, kPutUser),
      drop_parts_(connection, "DELETE FROM quota_part WHERE user = ?1"),
      drop_user_(connection, "DELETE FROM quota_user WHERE user = ?1"),
      purge_parts_(connection, kPurgeParts),
      purge_users_(connection, kPurgeUsers) {}

QuotaAnswer SqliteQuotaWriter::charge(const std::string& user, const QuotaRules& rules,
                                      std::int64_t recipients, TimePoint now) {
  const QuotaState before = reader_.find(user);
  const QuotaStep step = quota_charge(before, rules, recipients, now);
  if (step.change) put(user, before, *step.change);
  return step.answer;
}

void SqliteQuotaWriter::refund(const std::string& user, const Receipt& receipt) {
  const QuotaState before = reader_.find(user);
  if (const QuotaChange change = quota_refund(before, receipt); !change.empty()) put(user, before, change);
}

bool SqliteQuotaWriter::claim_notice(const std::string& user, const NoticePeriod& period) {
  QuotaState state = reader_.find(user);
  if (!is_new(state.exceeded, period)) return false;
  state.exceeded = period.until;
  put_user(user, state);
  return true;
}

QuotaState SqliteQuotaWriter::reset(const std::string& user) {
  QuotaState before = reader_.find(user);
  SqliteQuery(drop_parts_, user).run();
  SqliteQuery(drop_user_, user).run();
  return before;
}

void SqliteQuotaWriter::merge(const SentEntry& entry) {
  const QuotaState state = merged(reader_.find(entry.user), entry.state);
  SqliteQuery(drop_parts_, entry.user).run();
  for (const auto& part : state.parts) add(entry.user, part);
  put_user(entry.user, state);
}

std::size_t SqliteQuotaWriter::purge(TimePoint now, std::size_t most) {
  const std::size_t parts = SqliteQuery(purge_parts_, to_millis(now), static_cast<std::int64_t>(most)).run();
  return parts + SqliteQuery(purge_users_, to_millis(now), static_cast<std::int64_t>(most - parts)).run();
}

void SqliteQuotaWriter::put(const std::string& user, const QuotaState& before, const QuotaChange& change) {
  for (const auto& part : change.add) add(user, part);
  QuotaState after = before;
  apply(after, change);
  put_user(user, after);
}

void SqliteQuotaWriter::add(const std::string& user, const QuotaPart& part) {
  SqliteQuery(add_part_, user, part.window.count(), to_millis(part.begin), part.recipients, part.messages,
              to_millis(part.expires))
      .run();
}

void SqliteQuotaWriter::put_user(const std::string& user, const QuotaState& state) {
  SqliteQuery(put_user_, user, stored(state.last), stored(state.exceeded), to_millis(expiry(state)),
              stored(state.since))
      .run();
}

}  // namespace mailreeve
