// SPDX-License-Identifier: BSD-2-Clause
// The one thread that changes the state database. Jobs of callers wait in a queue
// meanwhile, and go into one transaction together. Safe to call from any thread.
//
// A caller gets its answer when its transaction is committed, not when its job is
// done: nobody acts on a change that is then rolled back, and an answered change
// survives if the process is killed. The transaction is short, because a commit into
// the write-ahead log does not wait for the disk.
#ifndef MAILREEVE_STORE_STATE_SQLITE_WRITER_THREAD_H
#define MAILREEVE_STORE_STATE_SQLITE_WRITER_THREAD_H

#include <condition_variable>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <type_traits>
#include <utility>
#include <vector>

#include "store/sql/sqlite_file.h"
#include "store/sql/sqlite_keeper.h"
#include "store/state/sqlite_tables.h"
#include "util/breaker.h"
#include "util/guarded.h"

namespace mailreeve {

class SqliteWriterThread {
 public:
  // In addition to the deadline, `timeout` bounds the time that a caller waits. `closed` is
  // called when the connection was closed after a failure; a new one is opened a second later.
  // Throws StoreOpenError. `trouble` is called with what happened to the file that mail did
  // not notice.
  SqliteWriterThread(std::string path, Milliseconds timeout, SqliteCheck check, std::function<void()> closed,
                     std::function<void(const std::string&)> trouble);
  // No caller may be waiting; jobs whose callers have given up are not done.
  ~SqliteWriterThread();
  SqliteWriterThread(const SqliteWriterThread&) = delete;
  SqliteWriterThread& operator=(const SqliteWriterThread&) = delete;

  // Runs `work` in a transaction and returns its result once that is
  // committed. `work` owns what it needs: it may run after its caller gave up.
  // BackendError if it was not committed, or not known to be in time; while the file is
  // locked, at once for all callers but one that tries it from time to time.
  template <class Work>
  auto run(Work work, Deadline deadline) {
    const Deadline until = deadline.within(timeout_);
    Breaker::Turn turn(breaker_, until);
    return submit(std::move(work), until, false, &turn);
  }
  // Returns when everything decided so far is on the disk; waits for that until the deadline.
  void sync(Deadline deadline);

 private:
  struct Outcome {
    std::string trouble;  // the problem; empty: none
    bool waited = false;  // the problem came after a wait
  };
  struct Job {
    Job(Deadline until, bool onto_disk) : deadline(until), sync(onto_disk) {}
    virtual ~Job() = default;
    Job(const Job&) = delete;
    Job& operator=(const Job&) = delete;
    virtual void run(SqliteWriter& tables) = 0;

    const Deadline deadline;
    const bool sync;
    std::promise<Outcome> answer;
  };
  template <class Work, class Result>
  struct JobOf final : Job {
    JobOf(Work what, Deadline until, bool onto_disk) : Job(until, onto_disk), work(std::move(what)) {}
    void run(SqliteWriter& tables) override { result = work(tables); }
    Work work;
    std::optional<Result> result;
  };
  using Jobs = std::vector<std::shared_ptr<Job>>;
  struct Queue {
    Jobs jobs;
    bool closed = false;
  };

  template <class Work>
  auto submit(Work work, Deadline deadline, bool sync, Breaker::Turn* turn) {
    using Result = std::invoke_result_t<Work, SqliteWriter&>;
    const auto job = std::make_shared<JobOf<Work, Result>>(std::move(work), deadline, sync);
    wait_for(job, turn);
    if (!job->result) throw BackendError(problem("its turn came after the deadline"));
    return std::move(*job->result);
  }
  // `turn`: records the outcome; may be null.
  void wait_for(const std::shared_ptr<Job>& job, Breaker::Turn* turn);
  void enqueue(const std::shared_ptr<Job>& job);
  std::string problem(const std::string& why) const;

  // The following members are used only by the thread.
  void work();
  std::optional<Jobs> next_jobs();
  void serve(const Jobs& jobs);
  static Milliseconds patience(const Jobs& jobs);
  Outcome commit(const Jobs& jobs);
  Outcome checkpoint(const Jobs& jobs);
  Outcome roll_back_for(const SqliteError& error);
  bool connect();
  void clean_up(const SqliteError& error);
  void give_up(const std::string& why);
  void open();
  // Checks before each change, and once a second, that the file is still in place and the same.
  void look();
  void leave_file(const std::string& why);

  const std::string path_;
  const Milliseconds timeout_;
  const SqliteCheck check_;
  const std::function<void()> closed_;
  const std::function<void(const std::string&)> told_;
  const std::function<void(int)> logged_;  // tells the keeper_
  std::optional<SqliteWriter> tables_;
  std::optional<SqliteKeeper> keeper_;
  std::optional<FileId> file_, log_;  // as open the last time
  Deadline next_look_;
  std::string trouble_;  // why there are no tables_
  Deadline pause_;       // until they are opened again

  Breaker breaker_;
  Guarded<Queue> queue_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace mailreeve

#endif
