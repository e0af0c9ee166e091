// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/message_table.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <map>
#include <utility>

#include "core/idna.h"
#include "core/unicode.h"
#include "store/policydb/admin_error.h"
#include "store/policydb/policy_names.h"
#include "store/policydb/policy_rows.h"
#include "store/policydb/policy_schema.h"

namespace mailreeve {

namespace {

constexpr char kColumns[] =
    "time_ms, host, queue_id, ref, outbound, user, login, sender, recipients, addresses, client, "
    "client_name, "
    "helo, size, verdict, policy, reason";
constexpr std::size_t kTextLength = 320;
constexpr std::size_t kAddressesLength = 1 << 20;

// What the column takes: UTF-8 without NUL, not longer.
std::string storable(std::string text, std::size_t most = kTextLength) {
  if (text.size() > most) text.resize(most);
  std::replace(text.begin(), text.end(), '\0', '?');
  if (is_utf8(text)) return text;
  for (char& c : text)
    if (static_cast<unsigned char>(c) >= 0x80) c = '?';
  return text;
}

SqlValues values_of(const MessageRecord& record) {
  return {to_millis(record.when),
          storable(record.host),
          storable(record.queue_id),
          storable(record.ref),
          std::int64_t{record.outbound},
          storable(record.user),
          storable(record.login),
          storable(record.sender),
          record.recipients,
          storable(record.addresses, kAddressesLength),
          storable(record.client),
          storable(record.client_name),
          storable(record.helo),
          record.size,
          storable(record.verdict),
          storable(record.policy),
          storable(record.reason)};
}

// What somebody has sent.
constexpr char kTotals[] = "SELECT user, messages, recipients, refused, since_ms FROM totals";

TotalsEntry totals_entry(const SqlRow& row) {
  return {.user = as_text(row.at(0)),
          .messages = as_number(row.at(1)),
          .recipients = as_number(row.at(2)),
          .refused = as_number(row.at(3)),
          .since = from_millis(as_number(row.at(4)))};
}

using UserSum = std::pair<std::string, TotalsEntry>;

SqlValues values_of(const UserSum& user) {
  const auto& [name, sum] = user;
  return {name, sum.messages, sum.recipients, sum.refused, to_millis(sum.since)};
}

MessageRecord record_of(const SqlRow& row) {
  MessageRecord record;
  std::size_t at = 0;
  const auto text = [&] { return as_text(row.at(at++)); };
  const auto number = [&] { return as_number(row.at(at++)); };
  record.when = from_millis(number());
  record.host = text();
  record.queue_id = text();
  record.ref = text();
  record.outbound = number() != 0;
  record.user = text();
  record.login = text();
  record.sender = text();
  record.recipients = number();
  record.addresses = text();
  record.client = text();
  record.client_name = text();
  record.helo = text();
  record.size = number();
  record.verdict = text();
  record.policy = text();
  record.reason = text();
  return record;
}

// What a batch adds to the totals, user by user: in one order, so that hosts
// that add at the same time do not wait for each other in a circle.
std::map<std::string, TotalsEntry> sums(std::span<const MessageRecord> records) {
  std::map<std::string, TotalsEntry> users;
  for (const MessageRecord& record : records) {
    if (!record.outbound || record.user.empty()) continue;
    const auto [place, is_new] = users.try_emplace(storable(record.user));
    TotalsEntry& sum = place->second;
    sum.since = is_new ? record.when : std::min(sum.since, record.when);
    if (record.verdict == "defer" || record.verdict == "reject") {
      ++sum.refused;
    } else {
      ++sum.messages;
      sum.recipients += record.recipients;
    }
  }
  return users;
}

// How many rows a statement takes: as few round trips as a few statements allow.
constexpr std::size_t kChunks[] = {50, 10, 1};

std::string statement(const std::string& begin, std::size_t rows, std::size_t columns,
                      const std::string& end) {
  std::string row = "(?";
  for (std::size_t i = 1; i < columns; ++i) row += ", ?";
  row += ")";
  std::string sql = begin + " VALUES " + row;
  for (std::size_t i = 1; i < rows; ++i) sql.append(", ").append(row);
  return sql + end;
}

// `end` is what follows the values.
template <class Row>
void insert(SqlConnection& connection, const std::string& begin, const std::string& end,
            std::span<const Row> rows) {
  for (const std::size_t chunk : kChunks) {
    for (; rows.size() >= chunk; rows = rows.subspan(chunk)) {
      SqlValues values;
      for (const Row& row : rows.first(chunk)) {
        SqlValues more = values_of(row);
        std::move(more.begin(), more.end(), std::back_inserter(values));
      }
      connection.change(statement(begin, chunk, values.size() / chunk, end), values);
    }
  }
}

void insert_messages(SqlConnection& connection, std::span<const MessageRecord> records) {
  insert(connection, std::string("INSERT INTO messages (") + kColumns + ")", "", records);
}

void add_to_totals(SqlConnection& connection, SqlDialect dialect, std::span<const MessageRecord> records) {
  const std::string end =
      dialect == SqlDialect::Sqlite
          ? " ON CONFLICT (user) DO UPDATE SET messages = messages + excluded.messages,"
            " recipients = recipients + excluded.recipients, refused = refused + excluded.refused"
          : " ON DUPLICATE KEY UPDATE messages = messages + VALUES(messages),"
            " recipients = recipients + VALUES(recipients), refused = refused + VALUES(refused)";
  const auto users = sums(records);
  const std::vector<UserSum> rows(users.begin(), users.end());
  insert(connection, "INSERT INTO totals (user, messages, recipients, refused, since_ms)", end,
         std::span<const UserSum>(rows));
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

// MySQL denies an account that may only read what is not there, too; so does a server that is read-only.
template <class Work>
auto MessageTable::change(Deadline deadline, Work work) {
  try {
    return database_.change(deadline, [&](SqlConnection& connection) {
      refuse_newer_schema(connection, database_.dialect());
      return work(connection);
    });
  } catch (const PolicyAdminError& error) {
    throw SqlError(SqlError::Kind::Missing, error.what());
  } catch (const SqlError& error) {
    const bool denied = error.kind() == SqlError::Kind::Denied || error.kind() == SqlError::Kind::ReadOnly;
    if (!denied || !is_missing(deadline)) throw;
    throw SqlError(SqlError::Kind::Missing, error.what());
  }
}

bool MessageTable::is_missing(Deadline deadline) {
  try {
    return !database_.read(
        deadline, [](SqlConnection& connection) { return sees_table(connection, "messages", "id"); });
  } catch (const SqlError&) {
    return false;
  }
}

void MessageTable::append(std::span<const MessageRecord> records, Deadline deadline) {
  change(deadline, [&](SqlConnection& connection) {
    insert_messages(connection, records);
    add_to_totals(connection, database_.dialect(), records);
  });
}

// MySQL deletes a bounded number by itself, SQLite need not.
std::size_t MessageTable::purge(TimePoint before, std::size_t most, Deadline deadline) {
  const std::string old = "time_ms < ? ORDER BY time_ms, id LIMIT ?";
  const std::string sql =
      "DELETE FROM messages WHERE " +
      (database_.dialect() == SqlDialect::Mysql ? old : "id IN (SELECT id FROM messages WHERE " + old + ")");
  return change(deadline, [&](SqlConnection& connection) {
    return static_cast<std::size_t>(connection.change(sql, {to_millis(before), bounded_count(most)}));
  });
}

std::vector<MessageRecord> MessageTable::find(const MessageQuery& query, Deadline deadline) {
  std::string sql = std::string("SELECT ") + kColumns + " FROM messages WHERE time_ms >= ? AND time_ms < ?";
  SqlValues values{query.since ? to_millis(*query.since) : -kMost,
                   query.until ? to_millis(*query.until) : kMost};
  const auto only = [&](const std::string& column, const std::optional<std::string>& text) {
    if (!text) return;
    sql += " AND " + column + " = ?";
    values.emplace_back(storable(*text));
  };
  if (!query.user.empty()) only("user", query.user);
  only("verdict", query.verdict);
  only("queue_id", query.queue_id);
  only("ref", query.ref);
  if (query.sender) only("LOWER(sender)", ascii_lower(*query.sender));
  sql += " ORDER BY time_ms DESC, id DESC LIMIT ?";
  values.emplace_back(bounded_count(query.limit));
  std::vector<MessageRecord> records;
  for (const SqlRow& row :
       database_.read(deadline, [&](SqlConnection& connection) { return connection.query(sql, values); }))
    records.push_back(record_of(row));
  return records;
}

std::vector<TotalsEntry> MessageTable::totals(const Page& page, Deadline deadline) {
  std::vector<TotalsEntry> entries;
  const SqlRows rows = database_.read(deadline, [&](SqlConnection& connection) {
    return connection.query(
        std::string(kTotals) + " WHERE user LIKE ? ESCAPE '!' ORDER BY user LIMIT ? OFFSET ?",
        page_values(page));
  });
  for (const SqlRow& row : rows) entries.push_back(totals_entry(row));
  return entries;
}

std::optional<TotalsEntry> MessageTable::totals_of(const std::string& user, Deadline deadline) {
  return database_.read(
      deadline, [&](SqlConnection& connection) { return mailreeve::totals_of(connection, storable(user)); });
}

std::optional<TotalsEntry> totals_of(SqlConnection& connection, const std::string& user) {
  const SqlRows rows = connection.query(std::string(kTotals) + " WHERE user = ?", {user});
  if (rows.empty()) return {};
  return totals_entry(rows[0]);
}

}  // namespace mailreeve
