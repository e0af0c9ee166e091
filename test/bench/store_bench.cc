// SPDX-License-Identifier: BSD-2-Clause
// The cost of one decision in each state store, for a new tuple, a known tuple, one that returns too
// early, and a trusted client, with 1, 4 and 16 threads. Also the size of many tuples, and what they cost.
//
// The file is in $TMPDIR; Redis runs during the benchmark only. Times are wall-clock time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/state/open_state_store.h"
#include "test/bench/state_filling.h"
#include "test/contract/redis_server.h"

using namespace mailreeve;

namespace {

constexpr int kKnown = 100000;
constexpr int kTrusted = 10000;
constexpr int kFillers = 16;
const TimePoint kStart = from_millis(1'700'000'000'000);

using Clock = std::chrono::steady_clock;

double micros(Clock::duration took) { return std::chrono::duration<double, std::micro>(took).count(); }

enum class Mail { New, Known, Early, Trusted };

Approach approach_of(Mail mail, int number) {
  Approach what = filled(static_cast<std::uint32_t>(number));
  if (mail == Mail::Trusted) what.client = "10." + what.client.substr(what.client.find('.') + 1);
  return what;
}

class Place {
 public:
  explicit Place(std::string store) : store_(std::move(store)) {
    path_ = std::filesystem::temp_directory_path() / "mailreeve-bench-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) std::abort();
  }
  ~Place() { std::filesystem::remove_all(path_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  std::unique_ptr<StateStore> open(bool hashed_names = false) {
    StateStoreOptions options;
    options.timeout = Milliseconds(60000);
    options.hashed_names = hashed_names;
    return open_state_store(url(), options);
  }
  RedisProcess& redis() {
    if (!redis_) redis_ = std::make_unique<RedisProcess>();
    return *redis_;
  }
  std::string file() const { return path_ + "/state.db"; }

 private:
  std::string url() {
    if (store_ == "sqlite") return "sqlite:" + file();
    if (store_ == "redis-tcp") return redis().url();
    if (store_ == "redis-unix") return "redis+unix://" + redis().socket();
    return "memory:";
  }

  std::string store_;
  std::string path_;
  std::unique_ptr<RedisProcess> redis_;
};

Deadline patience() { return Deadline(Milliseconds(60000)); }

// Runs approaches 0 to `count` once, from many threads.
void fill(StateStore& store, Mail mail, int count, const GreylistRules& rules, TimePoint now) {
  std::atomic<int> next{0};
  std::vector<std::jthread> threads;
  threads.reserve(kFillers);
  for (int i = 0; i < kFillers; ++i)
    threads.emplace_back([&] {
      for (int number = next++; number < count; number = next++)
        store.approach(approach_of(mail, number), rules, now, patience());
    });
}

GreylistRules rules_for(Mail mail) {
  GreylistRules rules;
  rules.trust_after = mail == Mail::Trusted ? 1 : 0;
  return rules;
}

// The store shared by the threads of a run and by later runs with the same
// name, since filling it takes longer than measuring.
struct Scene {
  Scene(const std::string& store, Mail of) : name(store), mail(of), place(store), state(place.open()) {
    const auto rules = rules_for(mail);
    if (mail == Mail::New) return;
    fill(*state, mail, count(), rules, kStart);
    if (mail != Mail::Early) fill(*state, mail, count(), rules, kStart + rules.delay);
  }
  int count() const { return mail == Mail::Trusted ? kTrusted : kKnown; }

  const std::string name;
  const Mail mail;
  Place place;
  std::unique_ptr<StateStore> state;
  std::atomic<int> next{0};
};
std::unique_ptr<Scene> scene;

void decide(benchmark::State& state, const std::string& store, Mail mail) {
  // The other threads wait at the start of the loop for the first.
  if (state.thread_index() == 0 && (!scene || scene->name != store || scene->mail != mail)) {
    scene.reset();
    scene = std::make_unique<Scene>(store, mail);
  }
  const auto rules = rules_for(mail);
  const TimePoint now = kStart + (mail == Mail::Early ? Seconds(1) : rules.delay + Seconds(1));
  int number = state.thread_index() * 7919;
  std::vector<double> took;
  for (auto _ : state) {
    number = mail == Mail::New ? scene->next++ : (number + 613) % scene->count();
    const Approach what = approach_of(mail, number);
    const auto begun = Clock::now();
    benchmark::DoNotOptimize(scene->state->approach(what, rules, now, patience()));
    took.push_back(micros(Clock::now() - begun));
  }
  state.SetItemsProcessed(state.iterations());
  std::sort(took.begin(), took.end());
  state.counters["p99 us"] = {took[took.size() * 99 / 100], benchmark::Counter::kAvgThreads};
  state.counters["worst us"] = {took.back(), benchmark::Counter::kAvgThreads};
}

// The cost of making the texts, to be subtracted from the others.
void texts(benchmark::State& state) {
  int number = 0;
  for (auto _ : state) benchmark::DoNotOptimize(approach_of(Mail::Known, ++number));
}

double millis(Clock::duration took) { return micros(took) / 1000; }

// Four threads ask for a while, one after the other or so many times a second each. Returns
// how long each answer took.
std::vector<double> ask(Clock::duration span, int per_second,
                        const std::function<void(std::uint32_t)>& call) {
  constexpr std::size_t kThreads = 4;
  const auto end = Clock::now() + span;
  std::vector<std::vector<double>> took(kThreads);
  std::atomic<std::uint32_t> next{0};
  std::vector<std::jthread> threads;
  for (auto& some : took)
    threads.emplace_back([&] {
      while (Clock::now() < end) {
        const auto begun = Clock::now();
        call(next++);
        some.push_back(micros(Clock::now() - begun));
        if (per_second > 0) std::this_thread::sleep_until(begun + Milliseconds(1000) / per_second);
      }
    });
  threads.clear();
  std::vector<double> all;
  for (const auto& some : took) all.insert(all.end(), some.begin(), some.end());
  std::sort(all.begin(), all.end());
  return all;
}

// A file with so many tuples: its size, how long it takes to open, and how many decisions a second
// four threads get.
void sqlite_tuples(benchmark::State& state, std::uint32_t tuples) {
  constexpr auto kFor = std::chrono::seconds(5);
  Place place("sqlite");
  auto rules = rules_for(Mail::Known);
  rules.max_tuples = 2 * tuples + 10'000'000;
  for (auto _ : state) {
    auto begun = Clock::now();
    const auto lap = [&begun] {
      const auto since = std::exchange(begun, Clock::now());
      return millis(begun - since);
    };
    fill_sqlite_file(place.file(), {.tuples = tuples, .expired = 0, .now = kStart});
    state.counters["fill ms"] = lap();
    const auto size = static_cast<double>(std::filesystem::file_size(place.file()));
    state.counters["bytes/tuple"] = size / tuples;
    begun = Clock::now();
    auto store = place.open();
    state.counters["open ms"] = lap();
    store->size(kStart);
    state.counters["size ms"] = lap();
    const auto seconds = std::chrono::duration<double>(kFor).count();
    const auto known = ask(kFor, 0, [&](std::uint32_t number) {
      const std::uint32_t passed = number * 7919 % (tuples / 4) * 4;
      store->approach(filled(passed), rules, kStart, patience());
    });
    state.counters["known/s"] = static_cast<double>(known.size()) / seconds;
    const auto fresh = ask(kFor, 0, [&](std::uint32_t number) {
      store->approach(filled(tuples + number), rules, kStart, patience());
    });
    state.counters["new/s"] = static_cast<double>(fresh.size()) / seconds;
    state.counters["new p99 us"] = fresh[fresh.size() * 99 / 100];
    state.counters["new worst us"] = fresh.back();
  }
}

// How long mail waits for the store, with a new tuple per call and 400 calls per second, while the purge
// removes tuples as the daemon's housekeeping does, and how long each step of the purge takes.
void mail_beside_a_purge(benchmark::State& state, std::uint32_t tuples, bool purging) {
  constexpr auto kFor = std::chrono::seconds(10);
  Place place("sqlite");
  auto rules = rules_for(Mail::Known);
  rules.max_tuples = 2 * tuples;
  fill_sqlite_file(place.file(), {.tuples = tuples, .expired = tuples, .now = kStart});
  auto store = place.open();
  for (auto _ : state) {
    const auto end = Clock::now() + kFor;
    std::size_t purged = 0;
    double longest_step = 0;
    std::thread housekeeping([&] {
      while (purging && Clock::now() < end) {
        const auto begun = Clock::now();
        purged += store->purge(kStart, rules, 500);
        longest_step = std::max(longest_step, millis(Clock::now() - begun));
        std::this_thread::sleep_for(Milliseconds(50));
      }
    });
    const auto took = ask(kFor, 100, [&](std::uint32_t number) {
      store->approach(filled(tuples + number), rules, kStart, patience());
    });
    housekeeping.join();
    state.counters["calls"] = static_cast<double>(took.size());
    state.counters["p50 ms"] = took[took.size() / 2] / 1000;
    state.counters["p99 ms"] = took[took.size() * 99 / 100] / 1000;
    state.counters["worst ms"] = took.back() / 1000;
    state.counters["purged"] = static_cast<double>(purged);
    state.counters["500 in ms"] = longest_step;
  }
}

// One tuple in four has passed.
void redis_tuples(benchmark::State& state, bool hashed_names, std::uint32_t tuples) {
  Place place("redis-unix");
  const auto used = [&] { return std::stod(place.redis().info("memory", "used_memory")); };
  for (auto _ : state) {
    auto store = place.open(hashed_names);
    const double before = used();
    auto begun = Clock::now();
    // As of the machine's clock, which Redis' expiry goes by.
    const TimePoint now = std::chrono::time_point_cast<Milliseconds>(std::chrono::system_clock::now());
    fill_store(*store, {.tuples = tuples, .expired = 0, .now = now});
    state.counters["fill ms"] = millis(Clock::now() - begun);
    state.counters["bytes/tuple"] = (used() - before) / tuples;
    begun = Clock::now();
    store->size(now);
    state.counters["size ms"] = millis(Clock::now() - begun);
  }
}

}  // namespace

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  struct Row {
    const char* name;
    Mail mail;
  };
  static constexpr Row kRows[] = {
      {"new", Mail::New}, {"known", Mail::Known}, {"early", Mail::Early}, {"trusted", Mail::Trusted}};
  benchmark::RegisterBenchmark("texts", texts);
  for (const std::string store : {"memory", "sqlite", "redis-unix", "redis-tcp"})
    for (const Row& row : kRows)
      benchmark::RegisterBenchmark((store + "/" + row.name).c_str(), decide, store, row.mail)
          ->UseRealTime()
          ->Threads(1)
          ->Threads(4)
          ->Threads(16);
  const auto once = [](benchmark::internal::Benchmark* row) {
    row->Iterations(1)->Unit(benchmark::kMillisecond)->UseRealTime();
  };
  for (const std::uint32_t tuples : {10'000U, 1'000'000U, 10'000'000U}) {
    const std::string name = "sqlite/" + std::to_string(tuples);
    once(benchmark::RegisterBenchmark((name + "_tuples").c_str(), sqlite_tuples, tuples));
    for (const bool purging : {false, true})
      once(benchmark::RegisterBenchmark(
          (name + (purging ? "/mail_beside_a_purge" : "/mail_beside_no_purge")).c_str(), mail_beside_a_purge,
          tuples, purging));
  }
  for (const bool hashed_names : {false, true})
    for (const std::uint32_t tuples : {100'000U, 1'000'000U}) {
      const std::string name = "redis/" + std::to_string(tuples) + (hashed_names ? "_hashed" : "_tuples");
      once(benchmark::RegisterBenchmark(name.c_str(), redis_tuples, hashed_names, tuples));
    }
  benchmark::RunSpecifiedBenchmarks();
  scene.reset();
  benchmark::Shutdown();
}
