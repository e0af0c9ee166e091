// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_schema.h"

#include <algorithm>
#include <iterator>
#include <span>
#include <stdexcept>

#include "store/policydb/admin_error.h"

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
//   access_rules  rules about mail, tried by place, then by number
//   access_version  one row: a number that each change of the rules moves
//   mailreeve_schema  the version of these (in SQLite: PRAGMA user_version)

struct Table {
  const char* name;
  const char* columns;    // that we need
  const char* statement;  // makes it in MySQL, unless others do it at the same time
  int since = 1;          // the version of ours that has it first
};

// In MySQL, exactly as CHAPPS' migrations make them. In an order in which none
// refers to a later one.
constexpr Table kTheirs[] = {
    {"domains", "id, name, greylist, check_spf",
     R"sql(CREATE TABLE IF NOT EXISTS domains (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(64) NOT NULL,
  greylist BOOL NOT NULL DEFAULT '0',
  check_spf BOOL NOT NULL DEFAULT '0',
  CONSTRAINT pk_domains PRIMARY KEY (id),
  UNIQUE INDEX ix_domains_name (name)))sql"},
    {"emails", "id, name",
     R"sql(CREATE TABLE IF NOT EXISTS emails (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(128) NOT NULL,
  CONSTRAINT pk_emails PRIMARY KEY (id),
  UNIQUE INDEX ix_emails_name (name)))sql"},
    {"quotas", "id, name, quota",
     R"sql(CREATE TABLE IF NOT EXISTS quotas (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(32) NOT NULL,
  quota INTEGER NOT NULL,
  CONSTRAINT pk_quotas PRIMARY KEY (id),
  UNIQUE INDEX ix_quotas_name (name),
  UNIQUE INDEX ix_quotas_quota (quota)))sql"},
    {"users", "id, name",
     R"sql(CREATE TABLE IF NOT EXISTS users (
  id INTEGER NOT NULL AUTO_INCREMENT,
  name VARCHAR(128) NOT NULL,
  CONSTRAINT pk_users PRIMARY KEY (id),
  UNIQUE INDEX ix_users_name (name)))sql"},
    {"domain_user", "user_id, domain_id",
     R"sql(CREATE TABLE IF NOT EXISTS domain_user (
  user_id INTEGER NOT NULL,
  domain_id INTEGER NOT NULL,
  CONSTRAINT pk_domain_user PRIMARY KEY (user_id, domain_id),
  CONSTRAINT fk_domain_user_domain_id_domains FOREIGN KEY (domain_id)
    REFERENCES domains (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_domain_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql"},
    {"email_user", "user_id, email_id",
     R"sql(CREATE TABLE IF NOT EXISTS email_user (
  user_id INTEGER NOT NULL,
  email_id INTEGER NOT NULL,
  CONSTRAINT pk_email_user PRIMARY KEY (user_id, email_id),
  CONSTRAINT fk_email_user_email_id_emails FOREIGN KEY (email_id)
    REFERENCES emails (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_email_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql"},
    {"quota_user", "user_id, quota_id",
     R"sql(CREATE TABLE IF NOT EXISTS quota_user (
  user_id INTEGER NOT NULL,
  quota_id INTEGER NOT NULL,
  CONSTRAINT pk_quota_user PRIMARY KEY (user_id),
  CONSTRAINT fk_quota_user_quota_id_quotas FOREIGN KEY (quota_id)
    REFERENCES quotas (id) ON DELETE CASCADE ON UPDATE CASCADE,
  CONSTRAINT fk_quota_user_user_id_users FOREIGN KEY (user_id)
    REFERENCES users (id) ON DELETE CASCADE ON UPDATE RESTRICT))sql"},
};

constexpr char kTableOptions[] =
    " ENGINE=InnoDB ROW_FORMAT=DYNAMIC DEFAULT CHARACTER SET utf8mb4 COLLATE utf8mb4_bin";

// Ours. kTableOptions belongs behind each statement.
constexpr Table kOurs[] = {
    {"quota_limits", "quota_id, limits",
     "CREATE TABLE IF NOT EXISTS quota_limits ("
     " quota_id INTEGER NOT NULL PRIMARY KEY,"
     " limits VARCHAR(255) NOT NULL)"},
    {"domain_quota", "domain_id, quota_id",
     "CREATE TABLE IF NOT EXISTS domain_quota ("
     " domain_id INTEGER NOT NULL PRIMARY KEY,"
     " quota_id INTEGER NOT NULL,"
     " INDEX domain_quota_quota (quota_id))"},
    {"raises", "user_id, limits, until_ms, locked",
     "CREATE TABLE IF NOT EXISTS raises ("
     " user_id INTEGER NOT NULL PRIMARY KEY,"
     " limits VARCHAR(255) NOT NULL,"
     " until_ms BIGINT NULL,"
     " locked BOOL NOT NULL DEFAULT 0)"},
    {"aliases", "alias, target",
     "CREATE TABLE IF NOT EXISTS aliases ("
     " alias VARCHAR(128) NOT NULL,"
     " target VARCHAR(128) NOT NULL,"
     " PRIMARY KEY (alias, target),"
     " INDEX aliases_target (target))"},
    {"messages",
     "id, time_ms, host, queue_id, ref, outbound, user, login, sender, recipients, addresses, client, "
     "client_name, helo, size, verdict, policy, reason",
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
     " INDEX messages_user_time (user, time_ms))"},
    {"totals", "user, messages, recipients, refused, since_ms",
     "CREATE TABLE IF NOT EXISTS totals ("
     " user VARCHAR(320) NOT NULL PRIMARY KEY,"
     " messages BIGINT NOT NULL,"
     " recipients BIGINT NOT NULL,"
     " refused BIGINT NOT NULL,"
     " since_ms BIGINT NOT NULL)"},
    {"access_rules", "id, place, rule, until_ms, why, added_ms",
     "CREATE TABLE IF NOT EXISTS access_rules ("
     " id BIGINT NOT NULL AUTO_INCREMENT PRIMARY KEY,"
     " place BIGINT NOT NULL,"
     " rule VARCHAR(1024) NOT NULL,"
     " until_ms BIGINT NULL,"
     " why VARCHAR(255) NOT NULL,"
     " added_ms BIGINT NOT NULL,"
     " INDEX access_rules_place (place))",
     2},
    {"access_version", "id, version",
     "CREATE TABLE IF NOT EXISTS access_version ("
     " id INTEGER NOT NULL PRIMARY KEY,"
     " version BIGINT NOT NULL)",
     2},
};

// In MySQL only.
constexpr Table kVersionTable{
    "mailreeve_schema", "version",
    "CREATE TABLE IF NOT EXISTS mailreeve_schema (version INTEGER NOT NULL PRIMARY KEY)"};

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
    R"sql(
CREATE TABLE access_rules (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  place INTEGER NOT NULL,
  rule TEXT NOT NULL,
  until_ms INTEGER,
  why TEXT NOT NULL,
  added_ms INTEGER NOT NULL
);
CREATE INDEX access_rules_place ON access_rules (place);
CREATE TABLE access_version (
  id INTEGER PRIMARY KEY,
  version INTEGER NOT NULL
);
)sql",
};

constexpr int kVersion = 2;
static_assert(std::size(kSqliteSteps) == kVersion);

constexpr char kNewer[] = "the tables are of a newer version of mailreeve";

enum class Found { Fine, WithoutColumns, Nothing };

Found look_at(SqlConnection& connection, const Table& table) {
  if (sees_table(connection, table.name, table.columns)) return Found::Fine;
  return sees_table(connection, table.name) ? Found::WithoutColumns : Found::Nothing;
}

std::string without_columns(const Table& table) {
  return std::string("the table ") + table.name + " lacks some of the columns " + table.columns +
         ": it is another program's, or of an older one";
}

int version_of(SqlConnection& connection, SqlDialect dialect) {
  if (dialect == SqlDialect::Sqlite)
    return static_cast<int>(as_number(connection.query("PRAGMA user_version").at(0).at(0)));
  if (!sees_table(connection, kVersionTable.name, kVersionTable.columns)) return 0;
  const SqlRows rows = connection.query("SELECT MAX(version) FROM mailreeve_schema");
  return rows.empty() ? 0 : static_cast<int>(as_number(rows[0].at(0)));
}

// Those that a database of this version has.
std::vector<Table> ours_of(int version) {
  std::vector<Table> out;
  std::copy_if(std::begin(kOurs), std::end(kOurs), std::back_inserter(out),
               [version](const Table& table) { return table.since <= version; });
  return out;
}

class Inspection {
 public:
  Inspection(SqlConnection& connection, SqlDialect dialect) : connection_(connection), dialect_(dialect) {}

  PolicySchema result() {
    schema_.wanted = kVersion;
    schema_.version = version_of(connection_, dialect_);
    look_at_theirs();
    look_at_ours();
    return schema_;
  }

 private:
  void say(const std::string& problem) { schema_.problems.push_back(problem); }

  // Says what is wrong with each, and how many are not there.
  std::size_t look_at_all(std::span<const Table> tables) {
    std::size_t absent = 0;
    for (const Table& table : tables) {
      const Found found = look_at(connection_, table);
      if (found == Found::WithoutColumns) say(without_columns(table));
      if (found != Found::Nothing) continue;
      ++absent;
      say(std::string("the table ") + table.name +
          (dialect_ == SqlDialect::Sqlite
               ? " is missing or damaged"
               : " is missing, which mailreevectl db init mends, or this account may not read it"));
    }
    return absent;
  }

  void look_at_theirs() {
    const std::size_t absent = look_at_all(kTheirs);
    schema_.policy = absent < std::size(kTheirs);
    if (!schema_.policy)
      schema_.problems = {"there are no tables of users and quotas: mailreevectl db init makes them"};
  }

  void look_at_ours() {
    const std::size_t before = schema_.problems.size();
    const std::vector<Table> ours = ours_of(schema_.version == 0 ? schema_.wanted : schema_.version);
    const std::size_t absent = look_at_all(ours);
    if (absent == ours.size()) {
      schema_.problems.resize(before);
      say("the tables of limits, raises, aliases, messages and access rules are not there: mailreevectl db "
          "init makes them");
    } else if (schema_.version == 0) {
      say("it is not known of which version mailreeve's tables are: mailreevectl db init completes them");
    } else if (schema_.version < schema_.wanted) {
      say("the tables are of an older version: mailreevectl db upgrade");
    } else if (schema_.version > schema_.wanted) {
      say(kNewer);
    }
  }

  SqlConnection& connection_;
  const SqlDialect dialect_;
  PolicySchema schema_;
};

void make(SqlConnection& connection, const Table& table, const char* options,
          std::vector<std::string>& made) {
  connection.change(std::string(table.statement) + options);
  made.emplace_back(table.name);
}

// What has a name of ours or theirs but is something else stays what it is. It is
// looked for first: MySQL does not undo the making of a table.
void make_missing(SqlConnection& connection, std::span<const Table> of_theirs,
                  std::vector<std::string>& made) {
  const auto absent = [&](const Table& table) {
    const Found found = look_at(connection, table);
    if (found == Found::WithoutColumns)
      throw std::runtime_error(without_columns(table) + "; nothing is made");
    return found == Found::Nothing;
  };
  std::vector<Table> theirs;
  std::vector<Table> ours;
  std::copy_if(of_theirs.begin(), of_theirs.end(), std::back_inserter(theirs), absent);
  std::copy_if(std::begin(kOurs), std::end(kOurs), std::back_inserter(ours), absent);
  if (absent(kVersionTable)) ours.push_back(kVersionTable);
  for (const Table& table : theirs) make(connection, table, "", made);
  for (const Table& table : ours) make(connection, table, kTableOptions, made);
  connection.change("INSERT IGNORE INTO mailreeve_schema (version) VALUES (?)", {std::int64_t{kVersion}});
}

}  // namespace

bool sees_table(SqlConnection& connection, const std::string& table, const std::string& columns) {
  try {
    connection.query("SELECT " + columns + " FROM " + table + " WHERE 1 = 0");
    return true;
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Missing) throw;
    return false;
  }
}

void refuse_newer_schema(SqlConnection& connection, SqlDialect dialect) {
  // An SQLite file of a newer version is not even opened.
  if (dialect == SqlDialect::Mysql && version_of(connection, dialect) > kVersion)
    throw PolicyAdminError(PolicyAdminError::Kind::Tables, kNewer);
}

PolicySchema check_policy_schema(SqlDatabase& database, Deadline deadline) {
  return database.read(deadline, [&](SqlConnection& connection) {
    return Inspection(connection, database.dialect()).result();
  });
}

std::vector<std::string> init_policy_schema(SqlDatabase& database, Deadline deadline) {
  const PolicySchema before = check_policy_schema(database, deadline);
  if (before.version > before.wanted) throw std::runtime_error(kNewer);
  if (before.version != 0 && before.version < before.wanted)
    throw std::runtime_error("the tables are of an older version: mailreevectl db upgrade");
  std::vector<std::string> made;
  // An SQLite file has all tables since it was made.
  if (database.dialect() == SqlDialect::Mysql)
    database.change(deadline, [&](SqlConnection& connection) { make_missing(connection, kTheirs, made); });
  const PolicySchema after = check_policy_schema(database, deadline);
  if (!after.problems.empty()) throw std::runtime_error(after.problems.front());
  return made;
}

// So far, each version has the tables of the one before, and others.
void upgrade_policy_schema(SqlDatabase& database, Deadline deadline) {
  const PolicySchema schema = check_policy_schema(database, deadline);
  if (schema.version == 0) throw std::runtime_error("there are no tables yet: mailreevectl db init");
  if (schema.version > schema.wanted) throw std::runtime_error(kNewer);
  if (schema.version == schema.wanted) return;
  // An SQLite file was upgraded when it was opened.
  std::vector<std::string> made;
  database.change(deadline, [&](SqlConnection& connection) { make_missing(connection, {}, made); });
}

const SqliteFormat& policy_format() {
  static constexpr SqliteFormat kFormat{.application_id = 0x4d527650, .steps = kSqliteSteps};  // "MRvP"
  return kFormat;
}

}  // namespace mailreeve
