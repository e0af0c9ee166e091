// SPDX-License-Identifier: BSD-2-Clause
// The cost of one decision in each state store, for a new tuple, a known tuple, one that returns too
// early, and a trusted client, with 1, 4 and 16 threads. Also the size of a million tuples.
//
// The file is in $TMPDIR; Redis runs during the benchmark only. Times are wall-clock time.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "store/state/open_state_store.h"
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
  const unsigned mixed = static_cast<unsigned>(number) * 2654435761U;
  const auto part = [mixed](unsigned shift) { return std::to_string(mixed >> shift & 255); };
  Approach what;
  what.client = part(24) + "." + part(16) + "." + part(8) + ".0/24";
  what.sender = "sender" + std::to_string(number % 9973) + "@mail" + part(0) + ".example.com";
  what.recipient = "recipient" + std::to_string(number % 997) + "@example.net";
  if (mail == Mail::Trusted) what.client = "10." + part(16) + "." + part(8) + ".0/24";
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

// Runs approaches 0 to `count` once, from many threads. Returns the longest wait.
Milliseconds fill(StateStore& store, Mail mail, int count, const GreylistRules& rules, TimePoint now) {
  std::atomic<int> next{0};
  std::atomic<std::int64_t> longest{0};
  std::vector<std::thread> threads;
  threads.reserve(kFillers);
  for (int i = 0; i < kFillers; ++i)
    threads.emplace_back([&] {
      for (int number = next++; number < count; number = next++) {
        const auto begun = std::chrono::steady_clock::now();
        store.approach(approach_of(mail, number), rules, now, patience());
        const auto took = std::chrono::steady_clock::now() - begun;
        const auto millis = std::chrono::duration_cast<Milliseconds>(took).count();
        if (millis > longest) longest = millis;
      }
    });
  for (auto& thread : threads) thread.join();
  return Milliseconds(longest);
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

void a_million_tuples(benchmark::State& state) {
  constexpr int kTuples = 1000000;
  Place place("sqlite");
  const auto rules = rules_for(Mail::Known);
  for (auto _ : state) {
    auto store = place.open();
    const auto longest = fill(*store, Mail::Known, kTuples, rules, kStart);
    fill(*store, Mail::Known, kTuples / 2, rules, kStart + rules.delay);
    store->flush(patience());
    const auto size = static_cast<double>(std::filesystem::file_size(place.file()));
    state.counters["bytes/tuple"] = size / kTuples;
    state.counters["longest wait ms"] = static_cast<double>(longest.count());
    store.reset();
    auto begun = std::chrono::steady_clock::now();
    const auto lap = [&begun] {
      const auto since = std::exchange(begun, std::chrono::steady_clock::now());
      return std::chrono::duration<double, std::milli>(begun - since).count();
    };
    store = place.open();
    state.counters["open ms"] = lap();
    store->size(kStart);
    state.counters["size ms"] = lap();
    store->purge(kStart + rules.retry_window, rules, 500);
    state.counters["purge 500 ms"] = lap();
  }
  state.SetItemsProcessed(kTuples * 3 / 2);
}

// How long mail waits for the store, with a new tuple per call and 400 calls per second, while the purge
// removes a million tuples as the daemon's housekeeping does, and how long each step of the purge takes.
void mail_beside_a_purge(benchmark::State& state, bool purging) {
  constexpr int kTuples = 1000000;
  constexpr int kThreads = 4;
  constexpr auto kFor = std::chrono::seconds(15);
  Place place("sqlite");
  const auto rules = rules_for(Mail::Known);
  auto store = place.open();
  fill(*store, Mail::Known, kTuples, rules, kStart);
  store->flush(patience());
  const TimePoint now = kStart + rules.retry_window + Seconds(1);
  const auto millis = [](Clock::duration took) { return micros(took) / 1000; };
  for (auto _ : state) {
    const auto end = Clock::now() + kFor;
    std::vector<std::vector<double>> waits(kThreads);
    std::size_t purged = 0;
    double longest_step = 0;
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread)
      threads.emplace_back([&, thread] {
        for (int number = 0; Clock::now() < end; ++number) {
          const Approach what = approach_of(Mail::New, kTuples + number * kThreads + thread);
          const auto begun = Clock::now();
          store->approach(what, rules, now, patience());
          waits[static_cast<std::size_t>(thread)].push_back(millis(Clock::now() - begun));
          std::this_thread::sleep_until(begun + Milliseconds(10));
        }
      });
    while (purging && Clock::now() < end) {
      const auto begun = Clock::now();
      purged += store->purge(now, rules, 500);
      longest_step = std::max(longest_step, millis(Clock::now() - begun));
      std::this_thread::sleep_for(Milliseconds(50));
    }
    for (auto& thread : threads) thread.join();
    std::vector<double> all;
    for (const auto& some : waits) all.insert(all.end(), some.begin(), some.end());
    std::sort(all.begin(), all.end());
    state.counters["calls"] = static_cast<double>(all.size());
    state.counters["p50 ms"] = all[all.size() / 2];
    state.counters["p99 ms"] = all[all.size() * 99 / 100];
    state.counters["worst ms"] = all.back();
    state.counters["purged"] = static_cast<double>(purged);
    state.counters["500 in ms"] = longest_step;
  }
}

// One tuple in four has passed.
void redis_tuples(benchmark::State& state, bool hashed_names, int tuples) {
  Place place("redis-unix");
  const auto rules = rules_for(Mail::Known);
  const auto used = [&] { return std::stod(place.redis().info("memory", "used_memory")); };
  for (auto _ : state) {
    auto store = place.open(hashed_names);
    const double before = used();
    fill(*store, Mail::Known, tuples, rules, kStart);
    fill(*store, Mail::Known, tuples / 4, rules, kStart + rules.delay);
    state.counters["bytes/tuple"] = (used() - before) / tuples;
    const auto begun = std::chrono::steady_clock::now();
    store->size(kStart);
    const auto took = std::chrono::steady_clock::now() - begun;
    state.counters["size ms"] = std::chrono::duration<double, std::milli>(took).count();
  }
  state.SetItemsProcessed(std::int64_t{tuples} * 5 / 4);
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
  benchmark::RegisterBenchmark("sqlite/a_million_tuples", a_million_tuples)
      ->Iterations(1)
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
  for (const bool purging : {false, true})
    benchmark::RegisterBenchmark(purging ? "sqlite/mail_beside_a_purge" : "sqlite/mail_beside_no_purge",
                                 mail_beside_a_purge, purging)
        ->Iterations(1)
        ->Unit(benchmark::kMillisecond)
        ->UseRealTime();
  for (const bool hashed_names : {false, true})
    for (const int tuples : {100000, 1000000}) {
      const std::string name = "redis/" + std::to_string(tuples) + (hashed_names ? "_hashed" : "_tuples");
      benchmark::RegisterBenchmark(name.c_str(), redis_tuples, hashed_names, tuples)
          ->Iterations(1)
          ->Unit(benchmark::kMillisecond)
          ->UseRealTime();
    }
  benchmark::RunSpecifiedBenchmarks();
  scene.reset();
  benchmark::Shutdown();
}
