// SPDX-License-Identifier: BSD-2-Clause
#include "dnslists/dns_lists.h"

#include <algorithm>
#include <stdexcept>

#include "dnslists/list_names.h"
#include "dnslists/list_round.h"

namespace mailreeve {

namespace {

// A list that only a rule named is forgotten when nobody has asked it for so long.
constexpr Seconds kForgotten{24 * 3600};
// Rules are the operator's, and few name a list.
constexpr std::size_t kMostNamed = 1000;

std::vector<std::string> names_of(const ListSubject& subject) {
  std::vector<std::string> out;
  for (const auto& text : {subject.client_name, subject.helo, subject.sender_domain})
    if (auto name = listable_name(text); name && std::find(out.begin(), out.end(), *name) == out.end())
      out.push_back(*std::move(name));
  return out;
}

bool is_wanted(const DnsLists::Wanted& wanted, ListKind kind) {
  switch (kind) {
    case ListKind::Block:
      return wanted.dnsbl;
    case ListKind::White:
      return wanted.dnswl;
    case ListKind::Name:
      return wanted.rhsbl;
  }
  return false;
}

}  // namespace

DnsLists::DnsLists(DnsListsSettings settings, std::shared_ptr<Resolver> resolver, Log& log)
    : log_(log), state_(State{configure(std::move(settings), std::move(resolver), log, {}), {}}) {}

std::shared_ptr<const DnsLists::Configuration> DnsLists::configure(
    DnsListsSettings settings, std::shared_ptr<Resolver> resolver, Log& log,
    std::map<Key, std::shared_ptr<ListHealth>> known) {
  auto out = std::make_shared<Configuration>();
  out->resolver = std::move(resolver);
  const auto add = [&](ListKind kind, std::vector<ListSpec>& specs) {
    for (auto& spec : specs) {
      auto& health = known[{kind, spec.zone}];
      if (!health) health = std::make_shared<ListHealth>(kind, spec.zone, log);
      out->lists.push_back({std::move(spec), health});
    }
  };
  add(ListKind::Block, settings.dnsbl);
  add(ListKind::White, settings.dnswl);
  add(ListKind::Name, settings.rhsbl);
  return out;
}

void DnsLists::reconfigure(DnsListsSettings settings, std::shared_ptr<Resolver> resolver) {
  auto state = state_.lock();
  std::map<Key, std::shared_ptr<ListHealth>> known;
  for (const auto& health : all(*state)) known.emplace(Key(health->kind(), health->zone()), health);
  state->configuration = configure(std::move(settings), std::move(resolver), log_, std::move(known));
}

ListFindings DnsLists::ask(const ListSubject& subject, Deadline deadline, Wanted wanted,
                           const Decided& decided) {
  const auto configuration = state_.lock()->configuration;
  const auto names = names_of(subject);
  ListRound round;
  for (const auto& [spec, health] : configuration->lists) {
    if (!is_wanted(wanted, health->kind()) || !health->in_use()) continue;
    if (health->kind() == ListKind::Name) {
      for (const auto& name : names) round.add(spec, *health, name, name);
    } else if (subject.address) {
      round.add(spec, *health, subject.address->text(), reversed(*subject.address));
    }
  }
  return round.run(*configuration->resolver, deadline, decided);
}

std::optional<bool> DnsLists::listed(const IpAddress& address, std::span<const std::string> zones,
                                     Deadline deadline) {
  std::vector<List> lists;
  std::shared_ptr<const Configuration> configuration;
  {
    auto state = state_.lock();
    configuration = state->configuration;
    for (const auto& zone : zones) lists.push_back(list_named(*state, zone));
  }
  ListRound round;
  for (const auto& [spec, health] : lists)
    if (health && health->in_use()) round.add(spec, *health, address.text(), reversed(address));
  const auto found = round.run(*configuration->resolver, deadline,
                               [](const ListSums& sums) { return sums.blocked + sums.white > 0; });
  if (!found.hits.empty()) return true;
  const bool open = found.sums.blocked_open + found.sums.white_open > 0;
  const bool works = std::all_of(lists.begin(), lists.end(),
                                 [](const List& list) { return list.health && list.health->in_use(); });
  if (open || !works) return std::nullopt;
  return false;
}

// A list of addresses. It may be configured more than once, with a weight for each of its answers.
std::optional<DnsLists::List> DnsLists::configured(const Configuration& configuration,
                                                   const std::string& zone) {
  std::optional<List> out;
  for (const auto& list : configuration.lists) {
    if (list.spec.zone != zone || list.health->kind() == ListKind::Name) continue;
    if (!out) {
      out = list;
      continue;
    }
    auto& answers = out->spec.answers;
    if (list.spec.answers.empty()) answers.clear();
    if (!answers.empty()) answers.insert(answers.end(), list.spec.answers.begin(), list.spec.answers.end());
  }
  return out;
}

// Without health if there can be no such list.
DnsLists::List DnsLists::list_named(State& state, const std::string& text) {
  ListSpec spec;
  try {
    spec.zone = list_zone(text);
  } catch (const std::invalid_argument&) {
    return {};
  }
  if (auto list = configured(*state.configuration, spec.zone)) return *std::move(list);
  auto known = state.named.find(spec.zone);
  if (known == state.named.end()) {
    if (state.named.size() >= kMostNamed) return {};
    known = state.named
                .emplace(spec.zone, Named{std::make_shared<ListHealth>(ListKind::Block, spec.zone, log_), {}})
                .first;
  }
  known->second.last_asked = SteadyClock::now();
  return {std::move(spec), known->second.health};
}

bool DnsLists::is_believed(ListKind kind, std::string_view zone) const {
  const auto configuration = state_.lock()->configuration;
  const auto& lists = configuration->lists;
  const auto found = std::find_if(lists.begin(), lists.end(), [&](const List& list) {
    return list.health->kind() == kind && list.spec.zone == zone;
  });
  return found != lists.end() && found->health->is_believed();
}

void DnsLists::test(Deadline deadline) {
  std::vector<std::shared_ptr<ListHealth>> due;
  std::shared_ptr<Resolver> resolver;
  {
    auto state = state_.lock();
    std::erase_if(state->named, [](const auto& named) {
      return named.second.last_asked + kForgotten < SteadyClock::now();
    });
    resolver = state->configuration->resolver;
    for (auto& health : all(*state))
      if (health->is_due()) due.push_back(std::move(health));
  }
  if (due.empty()) return;
  std::vector<Question> questions;
  for (const auto& health : due)
    for (auto& point : health->test_points()) questions.push_back(std::move(point));
  const auto answers = resolver->resolve(questions, deadline);
  auto rest = std::span(answers);
  for (const auto& health : due) {
    const auto points = health->test_points().size();
    health->note_test(rest.first(points));
    rest = rest.subspan(points);
  }
}

std::vector<DnsLists::Status> DnsLists::status() {
  std::vector<Status> out;
  auto state = state_.lock();
  for (const auto& health : all(*state)) out.push_back({health->kind(), health->zone(), health->problem()});
  return out;
}

// Each once.
std::vector<std::shared_ptr<ListHealth>> DnsLists::all(State& state) {
  std::vector<std::shared_ptr<ListHealth>> out;
  const auto add = [&](const std::shared_ptr<ListHealth>& health) {
    if (std::find(out.begin(), out.end(), health) == out.end()) out.push_back(health);
  };
  for (const auto& list : state.configuration->lists) add(list.health);
  for (const auto& named : state.named) add(named.second.health);
  return out;
}

}  // namespace mailreeve
