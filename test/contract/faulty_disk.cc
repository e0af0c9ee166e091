// SPDX-License-Identifier: BSD-2-Clause
#include "test/contract/faulty_disk.h"

#include <sqlite3.h>

#include <atomic>
#include <condition_variable>
#include <map>
#include <mutex>

namespace mailreeve {

namespace {

// SQLite's interface is C, so its functions need static data.
sqlite3_vfs* real = nullptr;
sqlite3_vfs faulty;

// SQLite has a few method tables for files, and distinguishes them.
struct FaultyMethods : sqlite3_io_methods {
  const sqlite3_io_methods* real = nullptr;
};
std::mutex growing;
std::map<const sqlite3_io_methods*, FaultyMethods> methods;

std::atomic<int> write_result{SQLITE_OK};
std::atomic<int> read_result{SQLITE_OK};
std::mutex holding;
std::condition_variable changed;
bool held = false;
int waiting = 0;

const sqlite3_io_methods* real_methods(const sqlite3_file* file) {
  return static_cast<const FaultyMethods*>(file->pMethods)->real;
}

int write(sqlite3_file* file, const void* octets, int count, sqlite3_int64 offset) {
  {
    std::unique_lock lock(holding);
    ++waiting;
    changed.notify_all();
    changed.wait(lock, [] { return !held; });
    --waiting;
  }
  if (write_result != SQLITE_OK) return write_result;
  return real_methods(file)->xWrite(file, octets, count, offset);
}

int read(sqlite3_file* file, void* octets, int count, sqlite3_int64 offset) {
  if (read_result != SQLITE_OK) return read_result;
  return real_methods(file)->xRead(file, octets, count, offset);
}

int open(sqlite3_vfs* /*vfs*/, const char* name, sqlite3_file* file, int flags, int* out_flags) {
  const int result = real->xOpen(real, name, file, flags, out_flags);
  if (result != SQLITE_OK || file->pMethods == nullptr) return result;
  const std::lock_guard lock(growing);
  const auto [place, fresh] = methods.try_emplace(file->pMethods);
  FaultyMethods& mine = place->second;
  if (fresh) {
    static_cast<sqlite3_io_methods&>(mine) = *file->pMethods;
    mine.real = file->pMethods;
    mine.xWrite = write;
    mine.xRead = read;
  }
  file->pMethods = &mine;
  return result;
}

}  // namespace

FaultyDisk::FaultyDisk() {
  sqlite3_initialize();
  real = sqlite3_vfs_find(nullptr);
  faulty = *real;
  faulty.zName = "faulty";
  faulty.xOpen = open;
  sqlite3_vfs_register(&faulty, 1);
}

FaultyDisk::~FaultyDisk() {
  heal();
  sqlite3_vfs_unregister(&faulty);
  sqlite3_vfs_register(real, 1);
}

void FaultyDisk::refuse_writes() { write_result = SQLITE_FULL; }
void FaultyDisk::fail_writes() { write_result = SQLITE_IOERR_WRITE; }
void FaultyDisk::fail_reads() { read_result = SQLITE_IOERR_READ; }

void FaultyDisk::hold_writes() {
  const std::lock_guard lock(holding);
  held = true;
}

void FaultyDisk::await_writer() {
  std::unique_lock lock(holding);
  changed.wait(lock, [] { return waiting > 0; });
}

void FaultyDisk::heal() {
  write_result = SQLITE_OK;
  read_result = SQLITE_OK;
  {
    const std::lock_guard lock(holding);
    held = false;
  }
  changed.notify_all();
}

}  // namespace mailreeve
