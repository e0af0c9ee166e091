// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_store.h"

#include <algorithm>
#include <chrono>
#include <thread>

namespace mailreeve {

namespace {

// More would only take turns on the processors.
constexpr std::size_t kReaders = 16;
// What a call without a deadline waits for at most.
constexpr Milliseconds kLongest{2000};
// A purge's transaction takes so many rows at most, a millisecond or two; from a slow disk, as
// many pieces as it gets in this time.
constexpr std::size_t kPurgeStep = 25;
constexpr std::size_t kPurgePiece = 5;
constexpr Milliseconds kPurgeTime{4};

struct PurgeStep {
  std::size_t purged = 0;
  bool more = true;
};

PurgeStep purge_step(SqliteWriter& tables, TimePoint now, const GreylistRules& rules, std::size_t most) {
  PurgeStep step;
  for (const Deadline end(kPurgeTime); step.more && step.purged < most && !end.passed();) {
    const std::size_t wanted = std::min(kPurgePiece, most - step.purged);
    const std::size_t got = tables.purge(now, rules, wanted);
    step.purged += got;
    step.more = got == wanted;
  }
  return step;
}

}  // namespace

SqliteStore::SqliteStore(const std::string& path, const Options& options)
    : readers_(path, kReaders, options.timeout),
      writing_(
          path, options.timeout, options.check, [this] { readers_.forget(); }, options.trouble) {}

// The writing connection closes last: SQLite then tidies up its log.
SqliteStore::~SqliteStore() { readers_.forget(); }

// The reader's view may be older than what is being decided at this moment, so
// the step is taken again where something is to be written.
Passage SqliteStore::approach(const Approach& what, const GreylistRules& rules, TimePoint now,
                              Deadline deadline) {
  const Remembered known = readers_.with(deadline, [&](SqliteReader& tables) { return tables.find(what); });
  const GreylistStep step = greylist_step(known, rules, now);
  if (!step.changes()) return step.passage;
  return writing_.run([what, rules, now](SqliteWriter& tables) { return tables.approach(what, rules, now); },
                      deadline);
}

void SqliteStore::count_passage(std::span<const std::string> clients, const GreylistRules& rules,
                                TimePoint now, Deadline deadline) {
  writing_.run(
      [copies = std::vector<std::string>(clients.begin(), clients.end()), rules, now](SqliteWriter& tables) {
        for (const auto& client : copies) tables.count_passage(client, rules, now);
        return true;
      },
      deadline);
}

QuotaAnswer SqliteStore::charge(const std::string& user, const QuotaRules& rules, std::int64_t recipients,
                                TimePoint now, Deadline deadline) {
  if (recipients == 0) return quota_charge(sent(user, now, deadline), rules, recipients, now).answer;
  return writing_.run(
      [user, rules, recipients, now](SqliteWriter& tables) {
        return tables.quota().charge(user, rules, recipients, now);
      },
      deadline);
}

void SqliteStore::refund(const std::string& user, const Receipt& receipt, Deadline deadline) {
  writing_.run(
      [user, receipt](SqliteWriter& tables) {
        tables.quota().refund(user, receipt);
        return true;
      },
      deadline);
}

bool SqliteStore::claim_notice(const std::string& user, TimePoint now, const NoticePeriod& period,
                               Deadline deadline) {
  if (!is_new(sent(user, now, deadline).exceeded, period)) return false;
  return writing_.run(
      [user, period](SqliteWriter& tables) { return tables.quota().claim_notice(user, period); }, deadline);
}

std::optional<std::string> SqliteStore::recall(const std::string& kind, const std::string& key, TimePoint now,
                                               Deadline deadline) {
  auto memo = readers_.with(deadline, [&](SqliteReader& tables) { return tables.memos().find(kind, key); });
  if (!memo || memo->until <= now) return std::nullopt;
  return std::move(memo->value);
}

std::size_t SqliteStore::remember(std::span<const Memo> memos, IfKnown known, TimePoint now,
                                  Deadline deadline) {
  auto wanted = readers_.with(deadline, [&](SqliteReader& tables) {
    std::vector<Memo> out;
    for (const Memo& memo : memos) {
      const auto there = tables.memos().find(memo.kind, memo.key);
      if (!there || takes_place(memo, there->until, known, now)) out.push_back(memo);
    }
    return out;
  });
  if (wanted.empty()) return 0;
  const auto write = [wanted = std::move(wanted), known, now](SqliteWriter& tables) {
    std::size_t written = 0;
    for (const Memo& memo : wanted) written += tables.memos().remember(memo, known, now) ? 1 : 0;
    return written;
  };
  return writing_.run(write, deadline);
}

QuotaState SqliteStore::reset(const std::string& user, Deadline deadline) {
  return writing_.run([user](SqliteWriter& tables) { return tables.quota().reset(user); }, deadline);
}

QuotaState SqliteStore::sent(const std::string& user, TimePoint /*now*/, Deadline deadline) {
  return readers_.with(deadline, [&](SqliteReader& tables) { return tables.quota().find(user); });
}

std::vector<StateEntry> SqliteStore::list(std::string& place, std::size_t most, Deadline deadline) {
  return readers_.with(deadline, [&](SqliteReader& tables) { return tables.listing().list(place, most); });
}

std::vector<StateEntry> SqliteStore::of_client(const std::string& client, Deadline deadline) {
  return readers_.with(deadline, [&](SqliteReader& tables) { return tables.listing().of_client(client); });
}

void SqliteStore::put(std::span<const StateEntry> entries, TimePoint /*now*/, Deadline deadline) {
  writing_.run(
      [copies = std::vector<StateEntry>(entries.begin(), entries.end())](SqliteWriter& tables) {
        for (const auto& entry : copies) tables.merge(entry);
        return true;
      },
      deadline);
}

std::size_t SqliteStore::forget_client(const std::string& client, Deadline deadline) {
  return writing_.run([client](SqliteWriter& tables) { return tables.forget_client(client); }, deadline);
}

std::size_t SqliteStore::purge(TimePoint now, const GreylistRules& rules, std::size_t most) {
  std::size_t purged = 0;
  for (PurgeStep step; step.more && purged < most;) {
    const std::size_t wanted = std::min(kPurgeStep, most - purged);
    const auto begun = SteadyClock::now();
    step = writing_.run(
        [now, rules, wanted](SqliteWriter& tables) { return purge_step(tables, now, rules, wanted); },
        Deadline(kLongest));
    purged += step.purged;
    // Mail has the file for as long as the purge had it.
    if (step.more) std::this_thread::sleep_for(SteadyClock::now() - begun);
  }
  return purged;
}

void SqliteStore::flush(Deadline deadline) { writing_.sync(deadline); }

StateSize SqliteStore::size(TimePoint now) {
  return readers_.with(Deadline(kLongest), [now](SqliteReader& tables) { return tables.size(now); });
}

}  // namespace mailreeve
