// SPDX-License-Identifier: BSD-2-Clause
// State in an SQLite file on this machine. Safe to call from any thread, but
// not across fork(). A caller that only reads (a known tuple, a trusted client, an
// early retry) waits for nobody; one that changes something waits for the writing
// thread's next commit. While the file is locked or the disk hangs, one caller at a
// time waits for it, after pauses; the others fail at once.
#ifndef MAILREEVE_STORE_STATE_SQLITE_STORE_H
#define MAILREEVE_STORE_STATE_SQLITE_STORE_H

#include <cstdint>
#include <functional>
#include <string>

#include "core/state_store.h"
#include "store/sql/sqlite_file.h"
#include "store/state/sqlite_reader_pool.h"
#include "store/state/sqlite_writer_thread.h"

namespace mailreeve {

class SqliteStore final : public StateStore {
 public:
  struct Options {
    Milliseconds timeout{250};  // for a locked file or a slow disk, whatever a call's deadline
    SqliteCheck check = SqliteCheck::Pages;
    // Called with what happened to the file that no call noticed.
    std::function<void(const std::string&)> trouble = [](const std::string&) {};
  };
  // Creates the file if there is none. Throws StoreOpenError.
  SqliteStore(const std::string& path, const Options& options);
  ~SqliteStore() override;

  Passage approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                   Deadline deadline) override;
  void count_passage(std::span<const std::string> clients, const GreylistRules& rules, TimePoint now,
                     Deadline deadline) override;
  QuotaAnswer charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients, TimePoint now,
                     Deadline deadline) override;
  void refund(const std::string& user, const Receipt& receipt, Deadline deadline) override;
  bool claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                    Deadline deadline) override;
  std::optional<std::string> recall(const std::string& kind, const std::string& key, TimePoint now,
                                    Deadline deadline) override;
  std::size_t remember(std::span<const Memo> memos, IfKnown known, TimePoint now, Deadline deadline) override;
  QuotaState reset(const std::string& user, Deadline deadline) override;
  QuotaState sent(const std::string& user, TimePoint now, Deadline deadline) override;
  std::vector<StateEntry> list(std::string& place, std::size_t most, Deadline deadline) override;
  std::vector<StateEntry> of_client(const std::string& client, Deadline deadline) override;
  void put(std::span<const StateEntry> entries, TimePoint now, Deadline deadline) override;
  std::size_t forget_client(const std::string& client, Deadline deadline) override;
  std::size_t purge(TimePoint now, const GreylistRules& rules, std::size_t most) override;
  void flush(Deadline deadline) override;
  StateSize size(TimePoint now) override;

 private:
  SqliteReaderPool readers_;
  SqliteWriterThread writing_;
};

}  // namespace mailreeve

#endif
