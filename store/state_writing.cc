// SPDX-License-Identifier: BSD-2-Clause
#include "store/state_writing.h"

#include <algorithm>

#include "core/signals_blocked.h"

namespace mailreeve {

namespace {

// Each waiting SMTP session has one job at most; more than this do not wait.
constexpr std::size_t kMostJobs = 4096;
constexpr Milliseconds kPause{1000};

}  // namespace

StateWriting::StateWriting(std::string path, Milliseconds timeout, std::function<void()> closed)
    : path_(std::move(path)), timeout_(timeout), closed_(std::move(closed)), pause_(Milliseconds(0)) {
  tables_.emplace(open_sqlite_file(path_, state_format()));
  thread_ = std::thread([this] { work(); });
}

StateWriting::~StateWriting() {
  queue_.lock()->closed = true;
  changed_.notify_one();
  thread_.join();
}

void StateWriting::sync(Deadline deadline) {
  submit([](StateWriter&) { return true; }, deadline, true, nullptr);
}

void StateWriting::wait_for(const std::shared_ptr<Job>& job, Breaker::Turn* turn) {
  auto answer = job->answer.get_future();
  enqueue(job);
  Outcome outcome{.trouble = problem("no answer in time"), .waited = true};
  if (answer.wait_until(job->deadline.at()) == std::future_status::ready) outcome = answer.get();
  if (turn != nullptr) {
    if (outcome.waited)
      turn->waited(outcome.trouble);
    else
      turn->answered();
  }
  if (!outcome.trouble.empty()) throw BackendError(outcome.trouble);
}

void StateWriting::enqueue(const std::shared_ptr<Job>& job) {
  {
    auto queue = queue_.lock();
    if (queue->jobs.size() >= kMostJobs) throw BackendError(problem("too many changes are waiting"));
    queue->jobs.push_back(job);
  }
  changed_.notify_one();
}

std::string StateWriting::problem(const std::string& why) const {
  return "cannot write " + path_ + ": " + why;
}

void StateWriting::work() {
  const SignalsBlocked no_signals;
  while (const auto jobs = next_jobs()) {
    serve(*jobs);
  }
}

// Nothing once the queue is closed; no jobs when it is time to open the file
// again. Lookups need that as well, so it does not wait for a change.
std::optional<StateWriting::Jobs> StateWriting::next_jobs() {
  const auto ready = [](const Queue& now) { return now.closed || !now.jobs.empty(); };
  auto queue = queue_.lock();
  if (tables_)
    queue.wait(changed_, ready);
  else
    queue.wait_until(changed_, pause_.at(), ready);
  if (queue->closed) return {};
  return std::exchange(queue->jobs, {});
}

void StateWriting::serve(const Jobs& jobs) {
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
Milliseconds StateWriting::patience(const Jobs& jobs) {
  Milliseconds longest{0};
  for (const auto& job : jobs) longest = std::max(longest, job->deadline.left());
  return longest * 9 / 10;
}

StateWriting::Outcome StateWriting::commit(const Jobs& jobs) {
  if (!connected()) return {problem(trouble_)};
  if (jobs.empty()) return {};
  try {
    tables_->begin(patience(jobs));
    for (const auto& job : jobs) {
      // Nobody waits for those that are late.
      if (!job->deadline.passed()) job->run(*tables_);
    }
    tables_->commit();
    breaker_.answered();
    return {};
  } catch (const SqliteError& error) {
    return failed(error);
  }
}

StateWriting::Outcome StateWriting::checkpoint(const Jobs& jobs) {
  const bool wanted = std::any_of(jobs.begin(), jobs.end(), [](const auto& job) { return job->sync; });
  if (!wanted) return {};
  try {
    tables_->checkpoint(patience(jobs));
    return {};
  } catch (const SqliteError& error) {
    return failed(error);
  }
}

StateWriting::Outcome StateWriting::failed(const SqliteError& error) {
  clean_up(error);
  return {problem(error.busy() ? "is locked by another process" : error.what()), error.busy()};
}

bool StateWriting::connected() {
  if (tables_) return true;
  if (!pause_.passed()) return false;
  try {
    tables_.emplace(open_sqlite_file(path_, state_format()));
    return true;
  } catch (const std::runtime_error& error) {
    give_up(error.what());
    return false;
  }
}

// A lock or a full disk goes away by itself. Whatever else fails, an opened
// file may behave better, or show what is wrong with it.
void StateWriting::clean_up(const SqliteError& error) {
  try {
    tables_->rollback();
    if (error.busy() || error.full()) return;
  } catch (const SqliteError&) {
    // The connection is of no use any more.
  }
  give_up(error.what());
}

void StateWriting::give_up(const std::string& why) {
  if (tables_) tables_->abandon();
  tables_.reset();
  closed_();
  trouble_ = why;
  pause_ = Deadline(kPause);
}

}  // namespace mailreeve
