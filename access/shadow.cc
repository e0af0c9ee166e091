// SPDX-License-Identifier: BSD-2-Clause
#include "access/shadow.h"

#include <algorithm>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

#include "core/ip_address.h"

namespace mailreeve {

namespace {

using Kind = AccessPattern::Kind;

constexpr std::size_t kMostCompared = 1000;

std::string name_of(Kind kind, std::string_view text) {
  return std::to_string(static_cast<int>(kind)) + " " + std::string(text);
}

unsigned prefix_of(const AccessPattern& pattern) {
  const auto slash = pattern.text.find('/');
  if (slash != std::string::npos) return static_cast<unsigned>(std::stoul(pattern.text.substr(slash + 1)));
  return pattern.text.find(':') == std::string::npos ? 32 : 128;
}

std::string network_name(const AccessPattern& pattern, unsigned prefix) {
  const auto address = IpAddress::parse(pattern.text.substr(0, pattern.text.find('/')));
  return name_of(Kind::Network, Network(*address, prefix).text());
}

class Shadows {
 public:
  explicit Shadows(const std::vector<AccessRule>& rules) : rules_(rules) {
    for (const auto& rule : rules)
      for (const auto& condition : rule.conditions)
        for (const auto& pattern : condition.patterns()) {
          if (pattern.kind == Kind::Network) prefixes_.insert(prefix_of(pattern));
          if (!condition.negated) ++uses_[key_name(condition.key, own_name(pattern))];
        }
  }

  std::vector<Shadowed> run() {
    std::vector<Shadowed> out;
    for (std::size_t rule = 0; rule < rules_.size(); ++rule) {
      if (const auto by = earlier_and_wider(rule)) out.push_back({rule, *by});
      add(rule);
    }
    return out;
  }

 private:
  std::optional<std::size_t> earlier_and_wider(std::size_t rule) const {
    std::set<std::size_t> others(anywhere_.begin(), anywhere_.end());
    for (const auto& condition : rules_[rule].conditions) {
      if (condition.negated || condition.patterns().empty()) continue;
      for (const auto& name : wider_names(condition.patterns().front())) {
        const auto found = by_pattern_.find(key_name(condition.key, name));
        if (found == by_pattern_.end()) continue;
        for (const std::size_t other : found->second)
          if (others.size() < kMostCompared) others.insert(other);
      }
    }
    for (const std::size_t other : others)
      if (covers(rules_[other], rules_[rule])) return other;
    return std::nullopt;
  }

  // Under the patterns of the rarest condition that one has to meet.
  void add(std::size_t rule) {
    const AccessCondition* rarest = nullptr;
    for (const auto& condition : rules_[rule].conditions)
      if (!condition.negated && (rarest == nullptr || uses_of(condition) < uses_of(*rarest)))
        rarest = &condition;
    if (rarest == nullptr) {
      if (anywhere_.size() < kMostCompared) anywhere_.push_back(rule);
      return;
    }
    for (const auto& pattern : rarest->patterns())
      by_pattern_[key_name(rarest->key, own_name(pattern))].push_back(rule);
  }

  std::size_t uses_of(const AccessCondition& condition) const {
    std::size_t most = 0;
    for (const auto& pattern : condition.patterns())
      most = std::max(most, uses_.at(key_name(condition.key, own_name(pattern))));
    return most;
  }

  static std::string key_name(AccessKey key, const std::string& name) {
    return std::string(to_string(key)) + " " + name;
  }

  static std::string own_name(const AccessPattern& pattern) {
    return pattern.kind == Kind::Network ? network_name(pattern, prefix_of(pattern))
                                         : name_of(pattern.kind, pattern.text);
  }

  static void add_domain(std::string_view domain, std::vector<std::string>& out) {
    for (auto dot = domain.find('.'); dot != std::string_view::npos; dot = domain.find('.', dot + 1))
      out.push_back(name_of(Kind::Below, domain.substr(dot + 1)));
  }

  static void add_local(std::string_view local, std::vector<std::string>& out) {
    out.push_back(name_of(Kind::Local, local));
    const auto plus = local.find('+');
    if (plus != 0 && plus != std::string_view::npos && !local.starts_with('"'))
      out.push_back(name_of(Kind::Local, local.substr(0, plus)));
  }

  // Of the patterns that match whatever this one matches, itself among them.
  std::vector<std::string> wider_names(const AccessPattern& pattern) const {
    std::vector<std::string> out;
    const std::string_view text = pattern.text;
    const auto at = text.rfind('@');
    switch (pattern.kind) {
      case Kind::Network:
        for (const unsigned prefix : prefixes_)
          if (prefix <= prefix_of(pattern)) out.push_back(network_name(pattern, prefix));
        return out;
      case Kind::Local:
        add_local(text, out);
        return out;
      case Kind::Domain:
      case Kind::Below:
        add_domain(text, out);
        break;
      case Kind::Exact:
        add_domain(at == std::string_view::npos ? text : text.substr(at + 1), out);
        if (at == std::string_view::npos) break;
        out.push_back(name_of(Kind::Domain, text.substr(at + 1)));
        add_local(text.substr(0, at), out);
        if (const auto plus = text.substr(0, at).find('+'); plus != 0 && plus != std::string_view::npos)
          out.push_back(name_of(Kind::Exact, std::string(text.substr(0, plus)).append(text.substr(at))));
        break;
      case Kind::Regex:
      case Kind::Span:
        break;
    }
    out.push_back(name_of(pattern.kind, text));
    return out;
  }

  bool covers(const AccessRule& wide, const AccessRule& narrow) const {
    if (wide.until) return false;
    return std::all_of(wide.conditions.begin(), wide.conditions.end(), [&](const AccessCondition& each) {
      return std::any_of(narrow.conditions.begin(), narrow.conditions.end(),
                         [&](const AccessCondition& given) { return implies(given, each); });
    });
  }

  bool implies(const AccessCondition& given, const AccessCondition& wanted) const {
    if (given.key != wanted.key || given.negated != wanted.negated) return false;
    if (given.list && given.list == wanted.list) return true;
    return given.negated ? within(wanted, given) : within(given, wanted);
  }

  bool within(const AccessCondition& narrow, const AccessCondition& wide) const {
    const auto& names = names_in(wide);
    const auto& patterns = narrow.patterns();
    return std::all_of(patterns.begin(), patterns.end(), [&](const AccessPattern& pattern) {
      const auto wider = wider_names(pattern);
      return std::any_of(wider.begin(), wider.end(),
                         [&](const auto& name) { return names.count(name) != 0; });
    });
  }

  const std::unordered_set<std::string>& names_in(const AccessCondition& condition) const {
    auto& names = names_[&condition];
    if (names.empty())
      for (const auto& pattern : condition.patterns()) names.insert(own_name(pattern));
    return names;
  }

  const std::vector<AccessRule>& rules_;
  std::set<unsigned> prefixes_;
  std::unordered_map<std::string, std::size_t> uses_;
  std::unordered_map<std::string, std::vector<std::size_t>> by_pattern_;
  std::vector<std::size_t> anywhere_;
  mutable std::unordered_map<const AccessCondition*, std::unordered_set<std::string>> names_;
};

}  // namespace

std::vector<Shadowed> shadowed_rules(const std::vector<AccessRule>& rules) { return Shadows(rules).run(); }

bool needs_empty_list(const AccessRule& rule) {
  return std::any_of(rule.conditions.begin(), rule.conditions.end(), [](const AccessCondition& condition) {
    return condition.list && !condition.negated && condition.list->patterns.empty();
  });
}

}  // namespace mailreeve
