// SPDX-License-Identifier: BSD-2-Clause
// Plays many SMTP sessions over the milter protocol and reports rate, latency
// and verdicts. For measurements, and for tests that need many sessions. Exit
// status: 0 if every session was played to its end, 1 if not, 2 for wrong usage.
#include <getopt.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cmath>
#include <csignal>
#include <cstring>
#include <iomanip>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <thread>
#include <vector>

#include "test/bench/load_session.h"

using namespace mailreeve;
using SteadyClock = std::chrono::steady_clock;

namespace {

constexpr std::string_view kUsage =
    R"(usage: milter_load --socket unix:PATH|inet:PORT@HOST|inet6:PORT@HOST [option...]
  --sessions N     SMTP sessions to play (10000)
  --threads N      how many at a time (4)
  --mails N        messages a session (1)
  --rcpts N        recipients a message (1)
  --clients N      client networks to choose from (256)
  --senders N      sender addresses to choose from (1000)
  --recipients N   recipient addresses to choose from (1000)
  --domains N      sender domains, the n-th session has the n-th (0: one for all)
  --silent N       the senders of the first N sessions are below silent.example.com (0)
  --login-users N  log in as one of so many users, who is also the sender (0: nobody logs in)
  --seed N         other numbers make other choices; the same number the same (1)
  --unique         each session comes from a client network of its own
  --ipv6           clients have IPv6 addresses
  --hold N         keep so many idle sessions open meanwhile (0)
  --burst N        instead: N sessions send RCPT at the same moment; the times are those of the answers
  --freeze PID     stop this process, the milter's, until the whole burst is sent: it finds all at once
  --patience S     seconds to wait for an answer (30)
  --time-limit S   seconds after which no session is begun (300)
  --json           report as one JSON object
)";

struct Tally {
  Verdicts verdicts;
  std::vector<std::uint32_t> micros;    // per session, or per answer in a burst
  std::uint32_t slowest_of_others = 0;  // in a burst: of the sessions that are not --silent
  std::uint64_t errors = 0;
  std::uint64_t headers = 0;
  std::string first_error;

  void fail(const std::string& why) {
    if (errors++ == 0) first_error = why;
  }

  void add(const Tally& other) {
    for (const auto& [name, count] : other.verdicts) verdicts[name] += count;
    micros.insert(micros.end(), other.micros.begin(), other.micros.end());
    slowest_of_others = std::max(slowest_of_others, other.slowest_of_others);
    if (errors == 0) first_error = other.first_error;
    errors += other.errors;
    headers += other.headers;
  }
};

std::uint32_t micros_since(SteadyClock::time_point start) {
  const auto span = std::chrono::duration_cast<std::chrono::microseconds>(SteadyClock::now() - start);
  return static_cast<std::uint32_t>(span.count());
}

void play_one(const LoadOptions& options, std::uint64_t number, Tally& tally) {
  const auto start = SteadyClock::now();
  try {
    LoadSession session(options, number, tally.verdicts);
    session.play();
    tally.headers += session.wire().headers_added();
    tally.micros.push_back(micros_since(start));
  } catch (const MilterFailure& failure) {
    tally.fail(failure.what());
  }
}

Tally play_sessions(const LoadOptions& options) {
  std::atomic<std::uint64_t> next{0};
  const auto limit = SteadyClock::now() + options.time_limit;
  std::vector<Tally> tallies(options.threads);
  std::vector<std::thread> threads;
  threads.reserve(tallies.size());
  for (auto& tally : tallies)
    threads.emplace_back([&options, &next, &tally, limit] {
      for (auto number = next++; number < options.sessions; number = next++) {
        if (SteadyClock::now() < limit)
          play_one(options, number, tally);
        else
          tally.fail("not begun within the time limit");
      }
    });
  Tally all;
  for (std::size_t i = 0; i < threads.size(); ++i) {
    threads.at(i).join();
    all.add(tallies.at(i));
  }
  return all;
}

// Idle sessions: the milter has them in its poll set and has nothing to do for them.
class Held {
 public:
  Held(const LoadOptions& options, Tally& tally) {
    for (std::uint64_t i = 0; i < options.hold; ++i) {
      sessions_.push_back(std::make_unique<LoadSession>(options, options.sessions + i, ignored_));
      if (!sessions_.back()->connect()) tally.fail("a held session was refused");
      sessions_.back()->wire().flush();
    }
  }

  // Quits the sessions. It is an error of the milter if one has ended meanwhile.
  void release(Tally& tally) {
    for (const auto& session : sessions_) {
      pollfd gone{.fd = session->wire().descriptor(), .events = POLLIN, .revents = 0};
      if (poll(&gone, 1, 0) != 0) tally.fail("a held session was closed");
      session->quit();
    }
  }

 private:
  Verdicts ignored_;
  std::vector<std::unique_ptr<LoadSession>> sessions_;
};

using Burst = std::vector<std::unique_ptr<LoadSession>>;

Burst open_burst(const LoadOptions& options, Tally& tally) {
  Burst burst;
  for (std::uint64_t i = 0; i < options.burst; ++i) {
    burst.push_back(std::make_unique<LoadSession>(options, i, tally.verdicts));
    auto& session = *burst.back();
    if (!session.connect() || !session.mail()) throw MilterFailure("refused before RCPT");
    if (!session.wire().answers(Step::Rcpt)) throw MilterFailure("the milter does not answer RCPT");
    session.wire().flush();
  }
  return burst;
}

void take_answer(LoadSession& session, SteadyClock::time_point start, Tally& tally) {
  const Answer answer = session.wait_rcpt();
  tally.micros.push_back(micros_since(start));
  if (answer.goes_on())
    ++tally.verdicts["rcpt continue"];
  else
    session.note("rcpt", answer);
  session.quit();
}

// Reads the answers in the order in which they come.
void take_answers(Burst& burst, const LoadOptions& options, SteadyClock::time_point start, Tally& tally) {
  std::vector<pollfd> waiting;
  for (const auto& session : burst)
    waiting.push_back({.fd = session->wire().descriptor(), .events = POLLIN, .revents = 0});
  for (std::size_t left = burst.size(); left > 0;) {
    const auto patience = std::chrono::milliseconds(options.patience).count();
    if (poll(waiting.data(), waiting.size(), static_cast<int>(patience)) <= 0)
      throw MilterFailure(std::to_string(left) + " sessions of the burst have no answer");
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting.at(i).revents == 0) continue;
      take_answer(*burst.at(i), start, tally);
      if (i >= options.silent) tally.slowest_of_others = tally.micros.back();
      waiting.at(i).fd = -1;
      waiting.at(i).revents = 0;
      --left;
    }
  }
}

void signal_milter(const LoadOptions& options, int number) {
  if (options.freeze != 0 && kill(static_cast<pid_t>(options.freeze), number) != 0)
    throw MilterFailure("cannot stop the process of --freeze");
}

Tally play_burst(const LoadOptions& options) {
  Tally tally;
  Burst burst = open_burst(options, tally);
  signal_milter(options, SIGSTOP);
  for (const auto& session : burst) {
    session->send_rcpt();
    session->wire().flush();
  }
  const auto start = SteadyClock::now();
  signal_milter(options, SIGCONT);
  take_answers(burst, options, start, tally);
  return tally;
}

// Returns the smallest value that a share of `part` of them does not exceed.
std::uint32_t quantile(const std::vector<std::uint32_t>& sorted, double part) {
  if (sorted.empty()) return 0;
  const auto rank = static_cast<std::size_t>(std::ceil(part * static_cast<double>(sorted.size())));
  return sorted.at(std::max<std::size_t>(rank, 1) - 1);
}

void report(const LoadOptions& options, Tally& tally, double seconds) {
  std::sort(tally.micros.begin(), tally.micros.end());
  const double rate = seconds > 0 ? static_cast<double>(tally.micros.size()) / seconds : 0;
  const auto p50 = quantile(tally.micros, 0.5);
  const auto p99 = quantile(tally.micros, 0.99);
  const auto max = quantile(tally.micros, 1);
  if (options.json) {
    const nlohmann::ordered_json out{{"mode", options.burst > 0 ? "burst" : "sessions"},
                                     {"sessions", tally.micros.size()},
                                     {"seconds", seconds},
                                     {"per_second", rate},
                                     {"p50_us", p50},
                                     {"p99_us", p99},
                                     {"max_us", max},
                                     {"others_max_us", tally.slowest_of_others},
                                     {"errors", tally.errors},
                                     {"first_error", tally.first_error},
                                     {"held", options.hold},
                                     {"headers", tally.headers},
                                     {"verdicts", tally.verdicts}};
    // A milter's text may contain any octets.
    std::cout << out.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) << '\n';
    return;
  }
  std::cout << std::fixed << std::setprecision(2) << tally.micros.size() << " sessions in " << seconds
            << " s, " << std::setprecision(0) << rate << " a second; p50 " << p50 << " us, p99 " << p99
            << " us, max " << max << " us; " << tally.errors << " errors\n";
  if (options.burst > 0) std::cout << "  (the times are those of the answers to a burst of RCPT)\n";
  if (tally.headers > 0) std::cout << "  " << tally.headers << " headers added\n";
  for (const auto& [name, count] : tally.verdicts)
    std::cout << "  " << std::left << std::setw(24) << name << count << '\n';
  if (tally.errors > 0) std::cout << "  first error: " << tally.first_error << '\n';
}

[[noreturn]] void refuse_usage(const std::string& why) {
  std::cerr << "milter_load: " << why << '\n' << kUsage;
  std::exit(2);
}

std::uint64_t number_of(const std::string& name, std::string_view text, std::uint64_t least,
                        std::uint64_t most) {
  std::uint64_t number = 0;
  const auto [rest, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || rest != text.data() + text.size() || number < least || number > most)
    refuse_usage("--" + name + " must be a number from " + std::to_string(least) + " to " +
                 std::to_string(most));
  return number;
}

struct NumberRow {
  const char* name;
  std::uint64_t LoadOptions::*field;
  std::uint64_t least;
  std::uint64_t most;
};

constexpr std::array<NumberRow, 13> kNumbers{{
    {"sessions", &LoadOptions::sessions, 1, 10'000'000},
    {"threads", &LoadOptions::threads, 1, 1000},
    {"mails", &LoadOptions::mails, 1, 10'000},
    {"rcpts", &LoadOptions::rcpts, 1, 10'000},
    {"clients", &LoadOptions::clients, 1, kMostClients},
    {"senders", &LoadOptions::senders, 1, 1'000'000'000},
    {"recipients", &LoadOptions::recipients, 1, 1'000'000'000},
    {"domains", &LoadOptions::domains, 0, 1'000'000},
    {"silent", &LoadOptions::silent, 0, 10'000},
    {"login-users", &LoadOptions::login_users, 0, 1'000'000'000},
    {"hold", &LoadOptions::hold, 0, 100'000},
    {"burst", &LoadOptions::burst, 0, 10'000},
    {"freeze", &LoadOptions::freeze, 0, INT32_MAX},
}};

struct FlagRow {
  const char* name;
  bool LoadOptions::*field;
};

constexpr std::array<FlagRow, 3> kFlags{{
    {"unique", &LoadOptions::unique},
    {"ipv6", &LoadOptions::ipv6},
    {"json", &LoadOptions::json},
}};

void set_option(LoadOptions& options, const std::string& name, const char* value) {
  for (const auto& row : kNumbers)
    if (name == row.name) options.*row.field = number_of(name, value, row.least, row.most);
  for (const auto& row : kFlags)
    if (name == row.name) options.*row.field = true;
  if (name == "socket") options.socket = value;
  if (name == "seed") options.seed = number_of(name, value, 0, UINT64_MAX);
  if (name == "patience") options.patience = std::chrono::seconds(number_of(name, value, 1, 3600));
  if (name == "time-limit") options.time_limit = std::chrono::seconds(number_of(name, value, 1, 86400));
  if (name == "help") {
    std::cout << kUsage;
    std::exit(0);
  }
}

LoadOptions read_options(int argc, char** argv) {
  std::vector<option> known;
  known.reserve(kNumbers.size() + kFlags.size() + 6);
  for (const auto& row : kNumbers) known.push_back({row.name, required_argument, nullptr, 0});
  for (const auto& row : kFlags) known.push_back({row.name, no_argument, nullptr, 0});
  for (const auto* name : {"socket", "seed", "patience", "time-limit"})
    known.push_back({name, required_argument, nullptr, 0});
  known.push_back({"help", no_argument, nullptr, 0});
  known.push_back({nullptr, 0, nullptr, 0});

  LoadOptions options;
  int index = 0;
  for (int c = 0; (c = getopt_long(argc, argv, "", known.data(), &index)) != -1;) {
    if (c != 0) refuse_usage("see the options");
    set_option(options, known.at(static_cast<std::size_t>(index)).name, optarg);
  }
  if (optind < argc) refuse_usage(std::string("what is ") + argv[optind] + "?");
  if (options.socket.empty()) refuse_usage("--socket is missing");
  if (options.unique && options.sessions > kMostClients)
    refuse_usage("--unique has client networks for " + std::to_string(kMostClients) + " sessions only");
  return options;
}

// Allows a descriptor for each session, and some more.
void raise_file_limit() {
  rlimit files{};
  if (getrlimit(RLIMIT_NOFILE, &files) != 0) return;
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
}

}  // namespace

int main(int argc, char** argv) {
  const LoadOptions options = read_options(argc, argv);
  raise_file_limit();
  Tally tally;
  double seconds = 0;
  try {
    Held held(options, tally);
    const auto start = SteadyClock::now();
    tally.add(options.burst > 0 ? play_burst(options) : play_sessions(options));
    seconds = std::chrono::duration<double>(SteadyClock::now() - start).count();
    held.release(tally);
  } catch (const MilterFailure& failure) {
    tally.fail(failure.what());
  }
  report(options, tally, seconds);
  return tally.errors == 0 ? 0 : 1;
}
