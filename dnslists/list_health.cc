// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_health.h"

#include <algorithm>
#include <array>
#include <chrono>

namespace mailreeve {

namespace {

using Meaning = ListAnswer::Meaning;

// RFC 5782 section 5: what every list has, and what none has. A list of one family alone has one of the
// first two. IpAddress would take the mapped addresses for IPv4.
constexpr std::array<std::string_view, 2> kListedAddresses{
    "2.0.0.127", "2.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"};
constexpr std::array<std::string_view, 2> kUnlistedAddresses{
    "1.0.0.127", "1.0.0.0.0.0.f.7.f.f.f.f.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0"};
// Lists of names that are older than the RFC have the entry of lists of addresses.
constexpr std::array<std::string_view, 2> kListedNames{"test", "2.0.0.127"};
constexpr std::array<std::string_view, 1> kUnlistedNames{"invalid"};

std::span<const std::string_view> listed_points(ListKind kind) {
  if (kind == ListKind::Name) return kListedNames;
  return kListedAddresses;
}

std::span<const std::string_view> unlisted_points(ListKind kind) {
  if (kind == ListKind::Name) return kUnlistedNames;
  return kUnlistedAddresses;
}

}  // namespace

std::string ListHealth::problem() { return state_.lock()->problem.why; }

bool ListHealth::in_use() { return state_.lock()->problem.why.empty(); }

bool ListHealth::is_believed() {
  const auto state = state_.lock();
  return state->problem.why.empty() || state->problem.silent;
}

void ListHealth::note(const ListAnswer& answer) {
  auto state = state_.lock();
  state->unanswered = answer.meaning == Meaning::Unknown ? state->unanswered + 1 : 0;
  if (!state->problem.why.empty()) return;
  if (answer.meaning == Meaning::Error) set_aside(*state, {.why = answer.problem});
  if (state->unanswered >= kMostUnanswered) set_aside(*state, silence(answer));
}

bool ListHealth::is_due() { return state_.lock()->next_test <= SteadyClock::now(); }

// Those that are listed, then the others.
std::vector<Question> ListHealth::test_points() const {
  std::vector<Question> out;
  for (const auto points : {listed_points(kind_), unlisted_points(kind_)})
    for (const auto point : points) out.push_back({std::string(point) + "." + zone_, RecordType::A});
  return out;
}

void ListHealth::note_test(std::span<const DnsAnswer> answers) {
  Problem problem = judge(answers);
  auto state = state_.lock();
  if (!problem.why.empty()) {
    ++state->bad_tests;
    set_aside(*state, std::move(problem));
    return;
  }
  state->bad_tests = 0;
  state->unanswered = 0;
  state->next_test = SteadyClock::now() + kEvery;
  if (state->problem.why.empty()) return;
  state->problem = {};
  const auto seconds = std::chrono::duration_cast<Seconds>(SteadyClock::now() - state->since).count();
  log_.write(Event::DnsListRecovered, {{"list", zone_}, {"option", to_string(kind_)}, {"seconds", seconds}});
}

ListHealth::Problem ListHealth::silence(const ListAnswer& answer) {
  return {.why = "it does not answer" + (answer.problem.empty() ? "" : ": " + answer.problem),
          .silent = true};
}

// What is wrong with a list that answers its test points so.
ListHealth::Problem ListHealth::judge(std::span<const DnsAnswer> answers) const {
  const auto listed = listed_points(kind_);
  const auto unlisted = unlisted_points(kind_);
  std::vector<ListAnswer> read;
  for (const auto& answer : answers) read.push_back(read_list_answer(kind_, answer));
  for (const auto& one : read)
    if (one.meaning == Meaning::Error) return {.why = one.problem};
  for (std::size_t i = 0; i < unlisted.size(); ++i)
    if (read[listed.size() + i].meaning == Meaning::Listed)
      return {.why = "it lists everything: " + std::string(unlisted[i]) + " as well"};
  const auto some = [&](Meaning meaning) {
    return std::any_of(read.begin(), read.begin() + static_cast<std::ptrdiff_t>(listed.size()),
                       [&](const ListAnswer& one) { return one.meaning == meaning; });
  };
  if (some(Meaning::Listed)) return {};
  const auto& first = read.front();
  if (first.meaning == Meaning::Unknown) return silence(first);
  // Whom such a list does not trust waits like everybody: nothing is lost. Many are somebody's own, and lack
  // the entry for tests.
  if (kind_ == ListKind::White) return {};
  return {.why = "it does not list its own test entry, " + std::string(listed.front())};
}

// `problem` may be a new one. A list that was found out and then falls silent is not believed again.
void ListHealth::set_aside(State& state, Problem problem) {
  const auto now = SteadyClock::now();
  state.next_test = now + std::min(kEvery, kFirstPause * (1 << std::min(state.bad_tests, 6U)));
  const bool already = !state.problem.why.empty();
  if (already && !state.problem.silent) problem.silent = false;
  state.problem = std::move(problem);
  if (already) return;
  state.since = now;
  log_.write(Event::DnsListFailed,
             {{"list", zone_}, {"option", to_string(kind_)}, {"error", state.problem.why}});
}

}  // namespace mailreeve
