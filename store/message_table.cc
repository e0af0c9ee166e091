// SPDX-License-Identifier: BSD-2-Clause
#include "store/message_table.h"

#include <algorithm>
#include <limits>
#include <map>

#include "store/policy_names.h"
#include "store/policy_rows.h"

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

bool add_to_totals(SqlConnection& connection, const std::string& user, const TotalsEntry& sum) {
  return connection.change(
             "UPDATE totals SET messages = messages + ?, recipients = recipients + ?, refused = refused + ?"
             " WHERE user = ?",
             {sum.messages, sum.recipients, sum.refused, user}) > 0;
}

void put_total(SqlConnection& connection, const std::string& user, const TotalsEntry& sum) {
  if (add_to_totals(connection, user, sum)) return;
  try {
    connection.change(
        "INSERT INTO totals (user, messages, recipients, refused, since_ms) VALUES (?, ?, ?, ?, ?)",
        {user, sum.messages, sum.recipients, sum.refused, to_millis(sum.since)});
  } catch (const SqlError& error) {
    // Another host was faster.
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    add_to_totals(connection, user, sum);
  }
}

constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();

}  // namespace

void MessageTable::append(std::span<const MessageRecord> records, Deadline deadline) {
  const std::string sql = std::string("INSERT INTO messages (") + kColumns +
                          ") VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)";
  database_.change(deadline, [&](SqlConnection& connection) {
    for (const MessageRecord& record : records) connection.change(sql, values_of(record));
    for (const auto& [user, sum] : sums(records)) put_total(connection, user, sum);
  });
}

// In two steps: MySQL deletes a bounded number by itself, SQLite does not.
std::size_t MessageTable::purge(TimePoint before, std::size_t most, Deadline deadline) {
  return database_.change(deadline, [&](SqlConnection& connection) {
    const SqlRows ids = connection.query("SELECT id FROM messages WHERE time_ms < ? ORDER BY time_ms LIMIT ?",
                                         {to_millis(before), bounded_count(most)});
    for (const SqlRow& row : ids) connection.change("DELETE FROM messages WHERE id = ?", {row[0]});
    return ids.size();
  });
}

std::vector<MessageRecord> MessageTable::find(const MessageQuery& query, Deadline deadline) {
  std::string sql = std::string("SELECT ") + kColumns + " FROM messages WHERE time_ms >= ? AND time_ms < ?";
  SqlValues values{query.since ? to_millis(*query.since) : -kMost,
                   query.until ? to_millis(*query.until) : kMost};
  if (!query.user.empty()) {
    sql += " AND user = ?";
    values.emplace_back(storable(query.user));
  }
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
  const SqlRows rows = database_.read(deadline, [&](SqlConnection& connection) {
    return connection.query(std::string(kTotals) + " WHERE user = ?", {storable(user)});
  });
  if (rows.empty()) return {};
  return totals_entry(rows[0]);
}

}  // namespace mailreeve
