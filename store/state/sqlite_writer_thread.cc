// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/sqlite_writer_thread.h"

#include <unistd.h>

#include <algorithm>

#include "util/signals_blocked.h"
#include "util/wait_mark.h"

namespace mailreeve {

namespace {

// Each waiting SMTP session has one job at most; more than this do not wait.
constexpr std::size_t kMostJobs = 4096;
constexpr Milliseconds kPause{1000};
constexpr Milliseconds kLook{1000};

}  // namespace

SqliteWriterThread::SqliteWriterThread(std::string path, Milliseconds timeout, SqliteCheck check,
                                       std::function<void()> closed,
                                       std::function<void(const std::string&)> trouble)
    : path_(std::move(path)),
      timeout_(timeout),
      check_(check),
      closed_(std::move(closed)),
      told_(std::move(trouble)),
      logged_([this](int pages) {
        if (keeper_) keeper_->note_pages_logged(pages);
      }),
      next_look_(Milliseconds(0)),
      pause_(Milliseconds(0)) {
  open();
  thread_ = std::thread([this] { work(); });
}

SqliteWriterThread::~SqliteWriterThread() {
  queue_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
  // The tables close last: SQLite then tidies up its log.
  keeper_.reset();
}

void SqliteWriterThread::sync(Deadline deadline) {
  submit([](SqliteWriter&) { return true; }, deadline, true, nullptr);
}

void SqliteWriterThread::wait_for(const std::shared_ptr<Job>& job, Breaker::Turn* turn) {
  auto answer = job->answer.get_future();
  enqueue(job);
  Outcome outcome{.trouble = problem("no answer in time"), .waited = true};
  mark_wait();
  if (answer.wait_until(job->deadline.at()) == std::future_status::ready) outcome = answer.get();
  if (turn != nullptr) {
    if (outcome.waited)
      turn->note_vain_wait(outcome.trouble);
    else
      turn->note_answer();
  }
  if (!outcome.trouble.empty()) throw BackendError(outcome.trouble);
}

void SqliteWriterThread::enqueue(const std::shared_ptr<Job>& job) {
  {
    auto queue = queue_.lock();
    if (queue->jobs.size() >= kMostJobs) throw BackendError(problem("too many changes are waiting"));
    queue->jobs.push_back(job);
  }
  changed_.notify_one();
}

std::string SqliteWriterThread::problem(const std::string& why) const {
  return "cannot write " + path_ + ": " + why;
}

void SqliteWriterThread::work() {
  const SignalsBlocked no_signals;
  while (const auto jobs = next_jobs()) {
    look();
    serve(*jobs);
  }
}

// Nothing once the queue is closed; no jobs when it is time to look at the file, or to open it
// again. Lookups need that as well, so it does not wait for a change.
std::optional<SqliteWriterThread::Jobs> SqliteWriterThread::next_jobs() {
  const auto ready = [](const Queue& now) { return now.closed || !now.jobs.empty(); };
  auto queue = queue_.lock();
  queue.wait_until(changed_, tables_ ? next_look_.at() : pause_.at(), ready);
  if (queue->closed) return {};
  return std::exchange(queue->jobs, {});
}

void SqliteWriterThread::serve(const Jobs& jobs) {
  const auto answer = [&jobs](bool sync, const Outcome& outcome) {
    for (const auto& job : jobs)
      if (job->sync == sync) job->answer.set_value(outcome);
  };
  const Outcome outcome = commit(jobs);
  answer(false, outcome);
  answer(true, outcome.trouble.empty() ? checkpoint(jobs) : outcome);
}

// Waits for a locked file nearly as long as anybody waits for the result: who waits is to
// hear why.
Milliseconds SqliteWriterThread::patience(const Jobs& jobs) {
  Milliseconds longest{0};
  for (const auto& job : jobs) longest = std::max(longest, job->deadline.left());
  return longest * 9 / 10;
}

SqliteWriterThread::Outcome SqliteWriterThread::commit(const Jobs& jobs) {
  if (!connect()) return {problem(trouble_)};
  if (jobs.empty()) return {};
  try {
    const SqliteKeeper::Turn turn(*keeper_);
    tables_->begin(patience(jobs));
    for (const auto& job : jobs) {
      // Nobody waits for those that are late.
      if (!job->deadline.passed()) job->run(*tables_);
    }
    tables_->commit();
    breaker_.note_answer();
    return {};
  } catch (const SqliteError& error) {
    return roll_back_for(error);
  }
}

SqliteWriterThread::Outcome SqliteWriterThread::checkpoint(const Jobs& jobs) {
  const bool wanted = std::any_of(jobs.begin(), jobs.end(), [](const auto& job) { return job->sync; });
  if (!wanted) return {};
  try {
    tables_->checkpoint(patience(jobs));
    return {};
  } catch (const SqliteError& error) {
    return roll_back_for(error);
  }
}

SqliteWriterThread::Outcome SqliteWriterThread::roll_back_for(const SqliteError& error) {
  clean_up(error);
  return {problem(error.busy() ? "is locked by another process" : error.what()), error.busy()};
}

void SqliteWriterThread::open() {
  const auto there = file_id(path_);
  if (file_ && log_ && there && !there->same_file(*file_)) remove_old_log(path_, *log_);
  tables_.emplace(open_sqlite_file(path_, state_format(), check_));
  tables_->on_commit(&logged_);
  keeper_.emplace(path_, told_);
  file_ = file_id(path_);
  log_ = file_id(path_ + "-wal");
}

void SqliteWriterThread::look() {
  next_look_ = Deadline(kLook);
  if (!tables_) return;
  try {
    tables_->check_not_moved();
    // Nothing is left of it: what was asked of it next would fail, and so for ever.
    if (const auto there = file_id(path_); there && there->size == 0) leave_file("the file was emptied");
  } catch (const SqliteError& error) {
    leave_file(error.what());
  }
}

// Nothing is written meanwhile, so what is put back is all there was.
void SqliteWriterThread::leave_file(const std::string& why) {
  const auto there = file_id(path_);
  // Something else is wrong with it.
  if (there && file_ && there->same_file(*file_) && there->size > 0) return give_up(why);
  std::string done = "another file is there now, and is used";
  try {
    if (!there) {
      done = "it was put back as it was";
      tables_->put_back(path_);
    } else if (there->size == 0) {
      done = "it begins anew";
      for (const char* suffix : {"", "-wal", "-shm"}) unlink((path_ + suffix).c_str());
    }
  } catch (const std::runtime_error& error) {
    // The open file still has it; the next look tries again.
    if (std::exchange(trouble_, error.what()) != trouble_) told_(problem(why + ": " + error.what()));
    return;
  }
  told_(problem(why + ": " + done));
  give_up(why);
  pause_ = Deadline(Milliseconds(0));
}

bool SqliteWriterThread::connect() {
  if (tables_) return true;
  if (!pause_.passed()) return false;
  try {
    open();
    return true;
  } catch (const std::runtime_error& error) {
    give_up(error.what());
    return false;
  }
}

// A lock or a full disk goes away by itself. Whatever else fails, an opened
// file may behave better, or show what is wrong with it.
void SqliteWriterThread::clean_up(const SqliteError& error) {
  if (error.gone()) return leave_file(error.what());
  try {
    tables_->rollback();
    if (error.busy() || error.full()) return;
  } catch (const SqliteError&) {
    // The connection is of no use any more.
  }
  give_up(error.what());
}

void SqliteWriterThread::give_up(const std::string& why) {
  keeper_.reset();
  if (tables_) tables_->abandon();
  tables_.reset();
  closed_();
  trouble_ = why;
  pause_ = Deadline(kPause);
}

}  // namespace mailreeve
