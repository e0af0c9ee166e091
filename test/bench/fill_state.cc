// SPDX-License-Identifier: BSD-2-Clause
// Fills a state database with greylisting tuples, for measurements.
#include <charconv>
#include <chrono>
#include <cstring>
#include <exception>
#include <iostream>
#include <string>

#include "store/state/open_state_store.h"
#include "test/bench/state_filling.h"

using namespace mailreeve;

namespace {

constexpr std::string_view kUsage = "usage: fill_state STATE-URL TUPLES [EXPIRED]\n";
constexpr std::string_view kSqlite = "sqlite:";

bool read_number(const char* text, std::uint32_t& number) {
  const char* const end = text + std::strlen(text);
  const auto [rest, error] = std::from_chars(text, end, number);
  return error == std::errc() && rest == end;
}

void fill(const std::string& url, const Filling& what) {
  if (url.starts_with(kSqlite)) return fill_sqlite_file(url.substr(kSqlite.size()), what);
  StateStoreOptions options;
  options.timeout = Milliseconds(60'000);
  fill_store(*open_state_store(url, options), what);
}

}  // namespace

int main(int argc, char** argv) {
  Filling what;
  what.now = std::chrono::time_point_cast<TimePoint::duration>(std::chrono::system_clock::now());
  if (argc < 3 || argc > 4 || !read_number(argv[2], what.tuples) ||
      (argc == 4 && !read_number(argv[3], what.expired)) || what.expired > what.tuples) {
    std::cerr << kUsage;
    return 2;
  }
  try {
    const auto begun = std::chrono::steady_clock::now();
    fill(argv[1], what);
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
    std::cout << what.tuples << " tuples in " << took.count() << " s\n";
    return 0;
  } catch (const std::exception& error) {
    std::cerr << "fill_state: " << error.what() << "\n";
    return 1;
  }
}
