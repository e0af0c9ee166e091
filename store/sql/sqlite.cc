// SPDX-License-Identifier: BSD-2-Clause
#include "store/sql/sqlite.h"

#include <sqlite3.h>

#include <array>
#include <cstddef>
#include <thread>
#include <vector>

#include "util/wait_mark.h"

namespace mailreeve {

namespace {

[[noreturn]] void fail(sqlite3* handle, int code) {
  std::string what = handle ? sqlite3_errmsg(handle) : sqlite3_errstr(code);
  what += " (SQLite result " + std::to_string(handle ? sqlite3_extended_errcode(handle) : code) + ")";
  throw SqliteError(what, code & 0xff);
}

void check(sqlite3* handle, int code) {
  if (code != SQLITE_OK) fail(handle, code);
}

// https://www.sqlite.org/fileformat2.html, section 1.3.
constexpr std::size_t kHeader = 100;
constexpr std::size_t kUserVersion = 60;
constexpr std::size_t kApplicationId = 68;

// Before anything else of SQLite's. Without its count of the memory in use, which nobody
// asks for, connections do not wait for each other with each allocation.
void initialize() {
  [[maybe_unused]] static const int kDone = [] {
    sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
    return sqlite3_initialize();
  }();
}

using Header = std::array<unsigned char, kHeader>;

std::int32_t big_endian(const Header& header, std::size_t at) {
  std::uint32_t value = 0;
  for (std::size_t i = 0; i < 4; ++i) value = value << 8 | header[at + i];
  return static_cast<std::int32_t>(value);
}

// Uses SQLite's own functions: closing the file by other means would release
// all locks that this process holds on it.
int read_header(const std::string& path, Header& header) {
  initialize();
  sqlite3_vfs* const files = sqlite3_vfs_find(nullptr);
  const std::unique_ptr<const char, decltype(&sqlite3_free_filename)> name(
      sqlite3_create_filename(path.c_str(), "", "", 0, nullptr), sqlite3_free_filename);
  std::vector<std::max_align_t> space(static_cast<std::size_t>(files->szOsFile) / sizeof(std::max_align_t) +
                                      1);
  auto* const file = reinterpret_cast<sqlite3_file*>(space.data());
  constexpr int kFlags = SQLITE_OPEN_READONLY | SQLITE_OPEN_MAIN_DB;
  if (const int code = files->xOpen(files, name.get(), file, kFlags, nullptr); code != SQLITE_OK) return code;
  const int code = file->pMethods->xRead(file, header.data(), kHeader, 0);
  file->pMethods->xClose(file);
  return code;
}

// Instead of sqlite3_busy_timeout(), which does not mark its wait. Nonzero: try again.
int wait_while_busy(void* patience, int tries) {
  constexpr Milliseconds kPause{5};
  if (tries * kPause >= *static_cast<const Milliseconds*>(patience)) return 0;
  if (tries == 0) mark_wait();
  std::this_thread::sleep_for(kPause);
  return 1;
}

int interrupt_after(void* limit) { return static_cast<const Deadline*>(limit)->passed() ? 1 : 0; }

}  // namespace

bool SqliteError::busy() const { return code_ == SQLITE_BUSY || code_ == SQLITE_LOCKED; }
bool SqliteError::full() const { return code_ == SQLITE_FULL; }
bool SqliteError::damaged() const { return code_ == SQLITE_CORRUPT || code_ == SQLITE_NOTADB; }
bool SqliteError::interrupted() const { return code_ == SQLITE_INTERRUPT; }
bool SqliteError::constraint() const { return code_ == SQLITE_CONSTRAINT; }
bool SqliteError::read_only() const { return code_ == SQLITE_READONLY; }
bool SqliteError::gone() const { return code_ == SQLITE_CANTOPEN; }

std::optional<SqliteHeader> read_sqlite_header(const std::string& path) {
  Header header{};
  const int code = read_header(path, header);
  if (code == SQLITE_IOERR_SHORT_READ) return {};
  check(nullptr, code);
  return SqliteHeader{.application_id = big_endian(header, kApplicationId),
                      .user_version = big_endian(header, kUserVersion)};
}

void SqliteConnection::Close::operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }

SqliteConnection::SqliteConnection(const std::string& path, Access access) {
  int flags = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  flags |= access == Access::ReadWrite ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  sqlite3* handle = nullptr;
  initialize();
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags, nullptr);
  handle_.reset(handle);
  check(handle, code);
}

void SqliteConnection::execute(const char* sql) {
  check(handle_.get(), sqlite3_exec(handle_.get(), sql, nullptr, nullptr, nullptr));
}

std::int64_t SqliteConnection::number(const char* sql) {
  SqliteStatement statement(*this, sql);
  SqliteQuery query(statement);
  return query.next() ? query.integer(0) : 0;
}

std::string SqliteConnection::text(const char* sql) {
  SqliteStatement statement(*this, sql);
  SqliteQuery query(statement);
  return query.next() ? std::string(query.text(0)) : std::string();
}

void SqliteConnection::set_patience(Milliseconds patience) {
  patience_ = std::make_unique<Milliseconds>(patience);
  check(handle_.get(), sqlite3_busy_handler(handle_.get(), wait_while_busy, patience_.get()));
}

void SqliteConnection::set_time_limit(Milliseconds limit) {
  limit_ = std::make_unique<Deadline>(limit);
  sqlite3_progress_handler(handle_.get(), 1000, interrupt_after, limit_.get());
}

void SqliteConnection::clear_time_limit() { sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr); }

void SqliteConnection::interrupt() { sqlite3_interrupt(handle_.get()); }

void SqliteConnection::keep_log_on_close(bool keep) {
  check(handle_.get(),
        sqlite3_db_config(handle_.get(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, keep ? 1 : 0, nullptr));
}

void SqliteConnection::check_not_moved() {
  int moved = 0;
  check(handle_.get(), sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_HAS_MOVED, &moved));
  if (moved != 0) throw SqliteError("the file was moved or removed", SQLITE_CANTOPEN);
}

bool SqliteConnection::in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }

void SqliteConnection::checkpoint() {
  check(handle_.get(),
        sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_FULL, nullptr, nullptr));
}

SqliteConnection::Log SqliteConnection::move_log() {
  Log log;
  check(handle_.get(),
        sqlite3_wal_checkpoint_v2(handle_.get(), nullptr, SQLITE_CHECKPOINT_PASSIVE, &log.pages, &log.moved));
  return log;
}

void SqliteConnection::on_commit(const std::function<void(int)>* told) {
  const auto hook = [](void* hearer, sqlite3*, const char*, int pages) {
    (*static_cast<const std::function<void(int)>*>(hearer))(pages);
    return SQLITE_OK;
  };
  sqlite3_wal_hook(handle_.get(), hook, const_cast<std::function<void(int)>*>(told));
}

void SqliteConnection::copy_to(SqliteConnection& other) {
  sqlite3* const to = other.handle_.get();
  sqlite3_backup* const copy = sqlite3_backup_init(to, "main", handle_.get(), "main");
  if (copy == nullptr) fail(to, sqlite3_errcode(to));
  const int step = sqlite3_backup_step(copy, -1);
  const int end = sqlite3_backup_finish(copy);
  if (end != SQLITE_OK) fail(to, end);
  if (step != SQLITE_DONE) fail(nullptr, step);
}

void SqliteStatement::Finalize::operator()(sqlite3_stmt* handle) const { sqlite3_finalize(handle); }

SqliteStatement::SqliteStatement(SqliteConnection& connection, const char* sql) {
  sqlite3* const database = connection.handle_.get();
  sqlite3_stmt* handle = nullptr;
  check(database, sqlite3_prepare_v3(database, sql, -1, SQLITE_PREPARE_PERSISTENT, &handle, nullptr));
  handle_.reset(handle);
}

// The reset repeats the failure of the last step, which has already been reported.
SqliteQuery::~SqliteQuery() { sqlite3_reset(handle_); }

bool SqliteQuery::next() {
  const int code = sqlite3_step(handle_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  fail(sqlite3_db_handle(handle_), code);
}

std::size_t SqliteQuery::run() {
  while (next()) continue;
  return static_cast<std::size_t>(sqlite3_changes(sqlite3_db_handle(handle_)));
}

int SqliteQuery::columns() const { return sqlite3_column_count(handle_); }

bool SqliteQuery::is_integer(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_INTEGER;
}

bool SqliteQuery::is_null(int column) const { return sqlite3_column_type(handle_, column) == SQLITE_NULL; }

std::int64_t SqliteQuery::integer(int column) const { return sqlite3_column_int64(handle_, column); }

std::string_view SqliteQuery::text(int column) const {
  const auto* octets = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  if (!octets) return {};
  return {octets, static_cast<std::size_t>(sqlite3_column_bytes(handle_, column))};
}

void SqliteQuery::bind(int index, std::int64_t value) {
  check(sqlite3_db_handle(handle_), sqlite3_bind_int64(handle_, index, value));
}

// Does not copy: the caller's text outlives the query, and no later run uses a
// value that it has not bound itself.
void SqliteQuery::bind(int index, std::string_view value) {
  check(sqlite3_db_handle(handle_),
        sqlite3_bind_text64(handle_, index, value.data(), value.size(), SQLITE_STATIC, SQLITE_UTF8));
}

void SqliteQuery::bind_null(int index) {
  check(sqlite3_db_handle(handle_), sqlite3_bind_null(handle_, index));
}

}  // namespace mailreeve
