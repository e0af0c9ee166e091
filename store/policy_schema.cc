// SPDX-License-Identifier: BSD-2-Clause
#include "store/policy_schema.h"

#include <algorithm>
#include <array>
#include <stdexcept>

namespace mailreeve {

namespace {

// CHAPPS' tables: who may send as whom and how much, and what is done for
// recipients' domains.
//   users        who sends
//   domains      of recipients, with switches, and what users may send as
//   emails       addresses that users may send as
//   quotas       named quotas; each with a number of its own
//   domain_user, email_user, quota_user  what each user has
//
// Ours. Times are milliseconds since 1970, UTC. Nothing of ours refers to
// theirs by a foreign key: that would hinder them from changing their tables.
//   quota_limits  the limits of a quota that are more than its number
//   domain_quota  the quota of users of a domain who have none
//   raises        limits that hold for a user instead, until a time
//   aliases       alias: an address; target: an address or a user's name
//   messages      what was sent, and what was refused
//   totals        per user, since the first message
//   mailreeve_schema  the version of these (in SQLite: PRAGMA user_version)

// In MySQL, exactly as CHAPPS' migrations make them.
constexpr const char* kChappsTables[] = {
    R"sql(CREATE TABLE domains (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(64) NOT NULL,
  greylist BOOL NOT NULL DEFAULT '0',
  check_spf BOOL NOT NULL DEFAULT '0',
  CONSTRAINT pk_domains PRIMARY KEY (id),
  UNIQUE INDEX ix_domains_name (name)))sql",
    R"sql(CREATE TABLE emails (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(128) NOT NULL,
  CONSTRAINT pk_emails PRIMARY KEY (id),
  UNIQUE INDEX ix_emails_name (name)))sql",
    R"sql(CREATE TABLE quotas (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(32) NOT NULL,
  quota INTEGER NOT NULL,
  CONSTRAINT pk_quotas PRIMARY KEY (id),
  UNIQUE INDEX ix_quotas_name (name),
  UNIQUE INDEX ix_quotas_quota (quota)))sql",
    R"sql(CREATE TABLE users (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(128) NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  UNIQUE INDEX ix_users_name (name)))sql",
    R"sql(CREATE TABLE domain_user (
  user_id INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  CONSTRAINT pk_domain_user PRIMARY KEY (user_id, domain_id),
  CONSTRAINT fk_domain_user_domain_id_domains FOREIGN KEY (domain_id)
    REFERENCES domains (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_domain_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql",
    R"sql(CREATE TABLE email_user (
  user_id INTEGER NOT NULL,
  email_id INTEGER NOT NULL,
  CONSTRAINT pk_email_user PRIMARY KEY (user_id, email_id),
  CONSTRAINT fk_email_user_email_id_emails FOREIGN KEY (email_id)
    REFERENCES emails (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_email_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql",
    R"sql(CREATE TABLE quota_user (
  user_id INTEGER NOT NULL,
  quota_id INTEGER NOT NULL,
  CONSTRAINT pk_quota_user PRIMARY KEY (user_id),
  CONSTRAINT fk_quota_user_quota_id_quotas FOREIGN KEY (quota_id)
    REFERENCES quotas (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_quota_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql",
};

constexpr char kTableOptions[] =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

// Ours in MySQL, version 1. A step may have been taken in part: MySQL does not
// undo the making of a table.
constexpr const char* kOurTables[] = {
    "CREATE TABLE IF NOT EXISTS quota_limits ("
    " quota_id INTEGER NOT NULL PRIMARY KEY,"
    " limits VARCHAR(255) NOT NULL)",
    "CREATE TABLE IF NOT EXISTS domain_quota ("
    " domain_id INTEGER NOT NULL PRIMARY KEY,"
    " quota_id INTEGER NOT NULL,"
    " INDEX domain_quota_quota (quota_id))",
    "CREATE TABLE IF NOT EXISTS raises ("
    " user_id INTEGER NOT NULL PRIMARY KEY,"
    " limits VARCHAR(255) NOT NULL,"
    " until_ms BIGINT NULL,"
    " locked BOOL NOT NULL DEFAULT 0)",
    "CREATE TABLE IF NOT EXISTS aliases ("
    " alias VARCHAR(128) NOT NULL,"
    " target VARCHAR(128) NOT NULL,"
    " PRIMARY KEY (alias, target),"
    " INDEX aliases_target (target))",
    "CREATE TABLE IF NOT EXISTS messages ("
    " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
    " time_ms BIGINT NOT NULL,"
    " host VARCHAR(320) NOT NULL,"
    " queue_id VARCHAR(320) NOT NULL,"
    " ref VARCHAR(320) NOT NULL,"
    " outbound BOOL NOT NULL,"
    " user VARCHAR(320) NOT NULL,"
    " login VARCHAR(320) NOT NULL,"
    " sender VARCHAR(320) NOT NULL,"
    " recipients BIGINT NOT NULL,"
    " addresses MEDIUMTEXT NOT NULL,"
    " client VARCHAR(320) NOT NULL,"
    " client_name VARCHAR(320) NOT NULL,"
    " helo VARCHAR(320) NOT NULL,"
    " size BIGINT NOT NULL,"
    " verdict VARCHAR(320) NOT NULL,"
    " policy VARCHAR(320) NOT NULL,"
    " reason VARCHAR(320) NOT NULL,"
    " INDEX messages_time (time_ms),"
    " INDEX messages_user_time (user, time_ms))",
    "CREATE TABLE IF NOT EXISTS totals ("
    " user VARCHAR(320) NOT NULL PRIMARY KEY,"
    " messages BIGINT NOT NULL,"
    " recipients BIGINT NOT NULL,"
    " refused BIGINT NOT NULL,"
    " since_ms BIGINT NOT NULL)",
    "CREATE TABLE IF NOT EXISTS mailreeve_schema (version INTEGER NOT NULL PRIMARY KEY)",
};

// All of them in an SQLite file. NOCASE, because MySQL's usual collations do
// not distinguish case either; a number that was given is never given again.
constexpr const char* kSqliteSteps[] = {
    R"sql(
CREATE TABLE domains (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(64) NOT NULL COLLATE NOCASE,
  greylist BOOLEAN NOT NULL DEFAULT 0,
  check_spf BOOLEAN NOT NULL DEFAULT 0
);
CREATE UNIQUE INDEX ix_domains_name ON domains (name);
CREATE TABLE emails (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(128) NOT NULL COLLATE NOCASE
);
CREATE UNIQUE INDEX ix_emails_name ON emails (name);
CREATE TABLE quotas (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(32) NOT NULL COLLATE NOCASE,
  quota INTEGER NOT NULL
);
CREATE UNIQUE INDEX ix_quotas_name ON quotas (name);
CREATE UNIQUE INDEX ix_quotas_quota ON quotas (quota);
CREATE TABLE users (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  name VARCHAR(128) NOT NULL COLLATE NOCASE
);
CREATE UNIQUE INDEX ix_users_name ON users (name);
CREATE TABLE domain_user (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT,
  domain_id INTEGER NOT NULL REFERENCES domains (id) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (user_id, domain_id)
) WITHOUT ROWID;
CREATE INDEX domain_user_domain ON domain_user (domain_id);
CREATE TABLE email_user (
  user_id INTEGER NOT NULL REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT,
  email_id INTEGER NOT NULL REFERENCES emails (id) ON DELETE CASCADE ON UPDATE CASCADE,
  PRIMARY KEY (user_id, email_id)
) WITHOUT ROWID;
CREATE INDEX email_user_email ON email_user (email_id);
CREATE TABLE quota_user (
  user_id INTEGER PRIMARY KEY REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT,
  quota_id INTEGER NOT NULL REFERENCES quotas (id) ON DELETE CASCADE ON UPDATE CASCADE
);
CREATE INDEX quota_user_quota ON quota_user (quota_id);

CREATE TABLE quota_limits (
  quota_id INTEGER PRIMARY KEY,
  limits TEXT NOT NULL
);
CREATE TABLE domain_quota (
  domain_id INTEGER PRIMARY KEY,
  quota_id INTEGER NOT NULL
);
CREATE TABLE raises (
  user_id INTEGER PRIMARY KEY,
  limits TEXT NOT NULL,
  until_ms INTEGER,
  locked INTEGER NOT NULL DEFAULT 0
);
CREATE TABLE aliases (
  alias TEXT NOT NULL,
  target TEXT NOT NULL,
  PRIMARY KEY (alias, target)
) WITHOUT ROWID;
CREATE INDEX aliases_target ON aliases (target);
CREATE TABLE messages (
  id INTEGER PRIMARY KEY,
  time_ms INTEGER NOT NULL,
  host TEXT NOT NULL,
  queue_id TEXT NOT NULL,
  ref TEXT NOT NULL,
  outbound INTEGER NOT NULL,
  user TEXT NOT NULL,
  login TEXT NOT NULL,
  sender TEXT NOT NULL,
  recipients INTEGER NOT NULL,
  addresses TEXT NOT NULL,
  client TEXT NOT NULL,
  client_name TEXT NOT NULL,
  helo TEXT NOT NULL,
  size INTEGER NOT NULL,
  verdict TEXT NOT NULL,
  policy TEXT NOT NULL,
  reason TEXT NOT NULL
);
CREATE INDEX messages_time ON messages (time_ms);
CREATE INDEX messages_user_time ON messages (user, time_ms);
CREATE TABLE totals (
  user TEXT NOT NULL PRIMARY KEY,
  messages INTEGER NOT NULL,
  recipients INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  since_ms INTEGER NOT NULL
) WITHOUT ROWID;
)sql",
};

constexpr int kVersion = 1;
static_assert(std::size(kSqliteSteps) == kVersion);

struct Table {
  const char* name;
  const char* columns;  // that we need
};

constexpr std::array kTheirs{
    Table{"users", "id, name"},
    Table{"domains", "id, name, greylist, check_spf"},
    Table{"emails", "id, name"},
    Table{"quotas", "id, name, quota"},
    Table{"domain_user", "user_id, domain_id"},
    Table{"email_user", "user_id, email_id"},
    Table{"quota_user", "user_id, quota_id"},
};
constexpr std::array kOurs{
    Table{"quota_limits", "quota_id, limits"},
    Table{"domain_quota", "domain_id, quota_id"},
    Table{"raises", "user_id, limits, until_ms, locked"},
    Table{"aliases", "alias, target"},
    Table{"messages",
          "id, time_ms, host, queue_id, ref, outbound, user, login, sender, recipients, addresses, client, "
          "client_name, helo, size, verdict, policy, reason"},
    Table{"totals", "user, messages, recipients, refused, since_ms"},
};

// Whether this account sees a table with these columns.
bool sees(SqlConnection& connection, const std::string& table, const std::string& columns) {
  try {
    connection.query("SELECT " + columns + " FROM " + table + " WHERE 1 = 0");
    return true;
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Missing) throw;
    return false;
  }
}

template <class Tables>
std::vector<std::string> not_seen(SqlConnection& connection, const Tables& tables) {
  std::vector<std::string> names;
  for (const Table& table : tables)
    if (!sees(connection, table.name, table.columns)) names.emplace_back(table.name);
  return names;
}

int version_of(SqlConnection& connection, SqlDialect dialect) {
  if (dialect == SqlDialect::Sqlite)
    return static_cast<int>(as_number(connection.query("PRAGMA user_version").at(0).at(0)));
  if (!sees(connection, "mailreeve_schema", "version")) return 0;
  const SqlRows rows = connection.query("SELECT MAX(version) FROM mailreeve_schema");
  return rows.empty() ? 0 : static_cast<int>(as_number(rows[0].at(0)));
}

void find_problems(PolicySchema& schema, const std::vector<std::string>& theirs,
                   const std::vector<std::string>& ours) {
  const auto say = [&](const std::string& problem) { schema.problems.push_back(problem); };
  if (schema.policy)
    for (const auto& name : theirs)
      say("The table " + name + " is missing, or lacks columns, or this account may not read it.");
  else
    say("There are no tables of users and quotas: mailreevectl db init makes them.");
  if (schema.version == 0)
    say("The tables of limits, raises, aliases and messages are not there: mailreevectl db init makes them.");
  else if (schema.version < schema.wanted)
    say("The tables are of an older version: mailreevectl db upgrade.");
  else if (schema.version > schema.wanted)
    say("The tables are of a newer version of mailreeve.");
  else
    for (const auto& name : ours) say("The table " + name + " is damaged, or this account may not read it.");
}

PolicySchema look(SqlConnection& connection, SqlDialect dialect) {
  PolicySchema schema;
  schema.wanted = kVersion;
  const auto theirs = not_seen(connection, kTheirs);
  schema.policy = theirs.size() < kTheirs.size();
  schema.version = version_of(connection, dialect);
  find_problems(schema, theirs,
                schema.version == 0 ? std::vector<std::string>{} : not_seen(connection, kOurs));
  return schema;
}

void make_theirs(SqlConnection& connection, std::vector<std::string>& made) {
  for (const char* statement : kChappsTables) connection.change(statement);
  for (const Table& table : kTheirs) made.emplace_back(table.name);
}

// What has a name of ours, but is something else, stays what it is.
void make_ours(SqlConnection& connection, std::vector<std::string>& made) {
  const auto absent = not_seen(connection, kOurs);
  for (const auto& name : absent)
    if (sees(connection, name, "1"))
      throw std::runtime_error("there is a table " + name + " that is not mailreeve's; use another database");
  for (const char* statement : kOurTables) connection.change(std::string(statement) + kTableOptions);
  connection.change("INSERT INTO mailreeve_schema (version) VALUES (?)", {std::int64_t{kVersion}});
  made.insert(made.end(), absent.begin(), absent.end());
}

}  // namespace

PolicySchema check_policy_schema(SqlDatabase& database, Deadline deadline) {
  return database.read(deadline,
                       [&](SqlConnection& connection) { return look(connection, database.dialect()); });
}

// Outside of a transaction: in MySQL, making a table ends one.
std::vector<std::string> init_policy_schema(SqlDatabase& database, Deadline deadline) {
  const PolicySchema schema = check_policy_schema(database, deadline);
  if (schema.version > schema.wanted)
    throw std::runtime_error("the tables are of a newer version of mailreeve");
  if (schema.version != 0 && schema.version < schema.wanted)
    throw std::runtime_error("the tables are of an older version: mailreevectl db upgrade");
  std::vector<std::string> made;
  database.change(deadline, [&](SqlConnection& connection) {
    made.clear();
    if (!schema.policy) make_theirs(connection, made);
    if (schema.version == 0) make_ours(connection, made);
  });
  return made;
}

// Version 1 is the first: there is no step yet.
void upgrade_policy_schema(SqlDatabase& database, Deadline deadline) {
  const PolicySchema schema = check_policy_schema(database, deadline);
  if (schema.version == 0) throw std::runtime_error("there are no tables yet: mailreevectl db init");
  if (schema.version > schema.wanted)
    throw std::runtime_error("the tables are of a newer version of mailreeve");
}

const SqliteFormat& policy_format() {
  static constexpr SqliteFormat kFormat{.application_id = 0x4d527650, .steps = kSqliteSteps};  // "MRvP"
  return kFormat;
}

}  // namespace mailreeve
