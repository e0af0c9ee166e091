// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/list_round.h"

#include <algorithm>
#include <set>
#include <utility>

#include "dnslists/list_answer.h"
#include "dnslists/list_names.h"

namespace mailreeve {

namespace {

using Meaning = ListAnswer::Meaning;

// A round that had less time than this blames no list.
constexpr Milliseconds kFair{2000};

void count(ListSums& sums, const ListSpec& spec, ListKind kind, bool open) {
  if (kind == ListKind::White) {
    (open ? sums.white_open : sums.white) += spec.weight;
  } else {
    (open ? sums.blocked_open : sums.blocked) += spec.weight;
  }
}

std::optional<IpAddress> listing(const ListSpec& spec, const ListAnswer& answer) {
  if (answer.meaning != Meaning::Listed) return std::nullopt;
  const auto found = std::find_if(answer.answers.begin(), answer.answers.end(),
                                  [&](const IpAddress& one) { return spec.counts(one); });
  return found == answer.answers.end() ? std::nullopt : std::optional(*found);
}

}  // namespace

void ListRound::add(const ListSpec& spec, ListHealth& health, const std::string& what,
                    const std::string& label) {
  auto name = name_in_list(label, spec.zone);
  if (!name) return;
  const bool same = !entries_.empty() && &entries_.back().spec == &spec;
  if (!same) ++lists_;
  const auto asked = std::find_if(questions_.begin(), questions_.end(),
                                  [&](const Question& question) { return question.name == *name; });
  entries_.push_back({spec, health, what, lists_ - 1, static_cast<std::size_t>(asked - questions_.begin())});
  if (asked == questions_.end()) questions_.push_back({*std::move(name), RecordType::A});
}

ListFindings ListRound::run(Resolver& resolver, Deadline deadline, const DnsLists::Decided& decided) {
  if (entries_.empty()) return {};
  const bool fair = deadline.left() >= kFair;
  // Those that were not waited for.
  std::vector<bool> open(questions_.size(), false);
  const auto enough = [&](std::span<const std::optional<DnsAnswer>> answers) {
    if (!decided(read(answers).sums)) return false;
    for (std::size_t i = 0; i < answers.size(); ++i) open[i] = !answers[i];
    return true;
  };
  auto heard =
      resolver.resolve(questions_, deadline, decided ? Resolver::Enough(enough) : Resolver::Enough());
  std::vector<std::optional<DnsAnswer>> answers(heard.size());
  std::set<std::pair<const ListHealth*, std::size_t>> noted;
  for (const auto& entry : entries_) {
    const auto answer = read_list_answer(entry.health.kind(), heard[entry.question]);
    const bool counts = !open[entry.question] && (fair || answer.meaning != Meaning::Unknown);
    if (counts && noted.emplace(&entry.health, entry.question).second) entry.health.note(answer);
    if (answer.meaning != Meaning::Unknown) answers[entry.question] = heard[entry.question];
  }
  return read(answers);
}

// A list that has listed something is not open any more.
ListFindings ListRound::read(std::span<const std::optional<DnsAnswer>> answers) const {
  ListFindings out;
  for (std::size_t begin = 0; begin < entries_.size();) {
    const auto& [spec, health, what, list, question] = entries_[begin];
    const ListKind kind = health.kind();
    bool open = false;
    bool hit = false;
    std::size_t end = begin;
    for (; end < entries_.size() && entries_[end].list == list; ++end) {
      const auto& heard = answers[entries_[end].question];
      if (!heard) open = true;
      if (hit || !heard) continue;
      const auto answer = listing(spec, read_list_answer(kind, *heard));
      if (!answer) continue;
      hit = true;
      out.hits.push_back({kind, spec.zone, spec.weight, entries_[end].what, *answer});
    }
    if (hit || open) count(out.sums, spec, kind, !hit);
    begin = end;
  }
  return out;
}

}  // namespace mailreeve
