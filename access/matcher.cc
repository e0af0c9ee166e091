// SPDX-License-Identifier: BSD-2-Clause
#include "access/matcher.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <map>
#include <string>
#include <unordered_map>
#include <utility>

#include "access/pattern_index.h"

namespace mailreeve {

namespace {

using Set = std::uint32_t;

constexpr std::size_t kKeys = static_cast<std::size_t>(AccessKey::Time) + 1;
// Whose patterns are found by an index.
constexpr std::array kIndexed{AccessKey::Client,   AccessKey::ClientName, AccessKey::Helo,
                              AccessKey::Sender,   AccessKey::Recipient,  AccessKey::Login,
                              AccessKey::Direction};

std::size_t number(AccessKey key) { return static_cast<std::size_t>(key); }

bool is_indexed(AccessKey key) {
  return key != AccessKey::Spf && key != AccessKey::Listed && key != AccessKey::Time;
}

unsigned minute(std::string_view text) {
  const auto digit = [&](std::size_t i) { return static_cast<unsigned>(text[i] - '0'); };
  return (digit(0) * 10 + digit(1)) * 60 + digit(3) * 10 + digit(4);
}

// "22:00-06:00" crosses midnight.
bool in_span(std::string_view span, unsigned now) {
  const unsigned from = minute(span.substr(0, 5));
  const unsigned to = minute(span.substr(6));
  return from < to ? from <= now && now < to : now >= from || now < to;
}

unsigned local_minute(TimePoint now) {
  const std::time_t seconds = std::chrono::floor<Seconds>(now).time_since_epoch().count();
  std::tm local{};
  localtime_r(&seconds, &local);
  return static_cast<unsigned>(local.tm_hour * 60 + local.tm_min);
}

// The spelling of a condition without its "!".
std::string name_of(const AccessCondition& condition) {
  std::string out(to_string(condition.key));
  if (condition.list) return out + "=@" + condition.list->path;
  for (const auto& pattern : condition.written) out += "," + to_string(condition.key, pattern);
  return out;
}

struct Check {
  Set set;
  bool negated;
};

// What a rule needs, behind that of the rule before it.
struct Needs {
  std::uint32_t begin = 0;  // of its checks
  bool of_recipient = false;
  bool more = false;  // conditions that are in no set
};

}  // namespace

struct CompiledRules::Index {
  std::array<PatternIndex, kKeys> patterns;
  std::vector<Check> checks;
  std::vector<Needs> needs;                      // one a rule, and one behind the last
  std::vector<std::vector<std::uint32_t>> hung;  // rules, by the set that they hang on
  std::vector<std::uint32_t> unhung;             // rules that hang on no set

  explicit Index(const std::vector<AccessRule>& rules);
  void find_sets(const AccessSubject& subject, std::vector<Set>& out) const;
  std::vector<std::uint32_t> candidates(const std::vector<Set>& sets) const;
  bool sets_hold(std::uint32_t rule, const std::vector<Set>& sets) const;

 private:
  void number_sets(const std::vector<AccessRule>& rules);
  void hang(std::size_t rules, std::size_t sets);
  std::size_t sets_ = 0;
};

CompiledRules::Index::Index(const std::vector<AccessRule>& rules) {
  number_sets(rules);
  for (auto& index : patterns) index.compile();
  hang(rules.size(), sets_);
}

void CompiledRules::Index::number_sets(const std::vector<AccessRule>& rules) {
  std::unordered_map<std::string, Set> known;
  needs.reserve(rules.size() + 1);
  for (const auto& rule : rules) {
    Needs& need = needs.emplace_back(Needs{.begin = static_cast<std::uint32_t>(checks.size())});
    for (const auto& condition : rule.conditions) {
      if (condition.key == AccessKey::Recipient) need.of_recipient = true;
      if (!is_indexed(condition.key)) {
        need.more = true;
        continue;
      }
      const auto [found, first] = known.try_emplace(name_of(condition), static_cast<Set>(known.size()));
      checks.push_back({found->second, condition.negated});
      if (!first) continue;
      for (const auto& pattern : condition.patterns())
        patterns[number(condition.key)].add(pattern, found->second);
    }
  }
  needs.push_back(Needs{.begin = static_cast<std::uint32_t>(checks.size())});
  sets_ = known.size();
}

// Each on the rarest of its sets.
void CompiledRules::Index::hang(std::size_t rules, std::size_t sets) {
  std::vector<std::uint32_t> uses(sets);
  for (const Check& check : checks)
    if (!check.negated) ++uses[check.set];
  hung.resize(sets);
  for (std::uint32_t rule = 0; rule < rules; ++rule) {
    const Check* rarest = nullptr;
    for (auto i = needs[rule].begin; i < needs[rule + 1].begin; ++i)
      if (!checks[i].negated && (rarest == nullptr || uses[checks[i].set] < uses[rarest->set]))
        rarest = &checks[i];
    (rarest == nullptr ? unhung : hung[rarest->set]).push_back(rule);
  }
}

void CompiledRules::Index::find_sets(const AccessSubject& subject, std::vector<Set>& out) const {
  for (const AccessKey key : kIndexed) {
    const PatternIndex& index = patterns[number(key)];
    if (index.empty()) continue;
    switch (key) {
      case AccessKey::Client:
        if (subject.client) index.find(*subject.client, out);
        break;
      case AccessKey::ClientName:
        if (!subject.client_name.empty()) index.find_name(subject.client_name, out);
        break;
      case AccessKey::Helo:
        index.find_name(subject.helo, out);
        break;
      case AccessKey::Sender:
        index.find_mailbox(subject.sender, out);
        break;
      case AccessKey::Recipient:
        if (subject.recipient) index.find_mailbox(*subject.recipient, out);
        break;
      case AccessKey::Login:
        index.find_text(subject.login, out);
        break;
      default:
        index.find_text(subject.direction == Direction::Inbound ? "inbound" : "outbound", out);
    }
  }
  std::sort(out.begin(), out.end());
  out.erase(std::unique(out.begin(), out.end()), out.end());
}

std::vector<std::uint32_t> CompiledRules::Index::candidates(const std::vector<Set>& sets) const {
  std::vector<std::uint32_t> out;
  for (const Set set : sets) out.insert(out.end(), hung[set].begin(), hung[set].end());
  const auto found = static_cast<std::ptrdiff_t>(out.size());
  std::sort(out.begin(), out.end());
  out.insert(out.end(), unhung.begin(), unhung.end());
  std::inplace_merge(out.begin(), out.begin() + found, out.end());
  return out;
}

bool CompiledRules::Index::sets_hold(std::uint32_t rule, const std::vector<Set>& sets) const {
  for (auto i = needs[rule].begin; i < needs[rule + 1].begin; ++i)
    if (std::binary_search(sets.begin(), sets.end(), checks[i].set) == checks[i].negated) return false;
  return true;
}

namespace {

bool time_holds(const AccessCondition& condition, TimePoint now) {
  const unsigned at = local_minute(now);
  const auto& spans = condition.written;
  return std::any_of(spans.begin(), spans.end(), [&](const auto& span) { return in_span(span.text, at); }) !=
         condition.negated;
}

bool has_word(const AccessCondition& condition, std::string_view word) {
  const auto& words = condition.written;
  return std::any_of(words.begin(), words.end(), [&](const auto& one) { return one.text == word; });
}

// What is not known holds neither way.
bool lookup_holds(const AccessCondition& condition, AccessLookups& lookups) {
  if (condition.key == AccessKey::Spf) {
    const auto result = lookups.spf();
    return result && has_word(condition, to_string(*result)) != condition.negated;
  }
  std::vector<std::string> zones;
  for (const auto& pattern : condition.patterns()) zones.push_back(pattern.text);
  const auto listed = lookups.listed(zones);
  return listed && *listed != condition.negated;
}

bool more_holds(const AccessRule& rule, TimePoint now, AccessLookups& lookups) {
  const auto all_of = [&](auto concerns, auto holds) {
    return std::all_of(rule.conditions.begin(), rule.conditions.end(),
                       [&](const AccessCondition& each) { return !concerns(each.key) || holds(each); });
  };
  return all_of([](AccessKey key) { return key == AccessKey::Time; },
                [&](const AccessCondition& each) { return time_holds(each, now); }) &&
         all_of([](AccessKey key) { return key == AccessKey::Spf || key == AccessKey::Listed; },
                [&](const AccessCondition& each) { return lookup_holds(each, lookups); });
}

}  // namespace

CompiledRules::CompiledRules(std::vector<AccessRule> rules)
    : rules_(std::move(rules)), index_(std::make_unique<const Index>(rules_)) {}

CompiledRules::~CompiledRules() = default;
CompiledRules::CompiledRules(CompiledRules&&) noexcept = default;
CompiledRules& CompiledRules::operator=(CompiledRules&&) noexcept = default;

const AccessRule* CompiledRules::first(const AccessSubject& subject, AccessLookups& lookups) const {
  if (rules_.empty()) return nullptr;
  std::vector<Set> sets;
  index_->find_sets(subject, sets);
  for (const std::uint32_t candidate : index_->candidates(sets)) {
    const AccessRule& rule = rules_[candidate];
    const Needs& needs = index_->needs[candidate];
    if (needs.of_recipient && !subject.recipient) continue;
    if (rule.until && *rule.until <= subject.now) continue;
    if (!index_->sets_hold(candidate, sets)) continue;
    if (!needs.more || more_holds(rule, subject.now, lookups)) return &rule;
  }
  return nullptr;
}

}  // namespace mailreeve
