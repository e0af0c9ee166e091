// SPDX-License-Identifier: BSD-2-Clause
#include "access/pattern_index.h"

#include <algorithm>
#include <cstring>
#include <utility>

namespace mailreeve {

std::size_t PatternIndex::AddressHash::operator()(const IpAddress& address) const {
  std::array<std::uint64_t, 2> words{};
  std::memcpy(words.data(), address.octets().data(), sizeof words);
  // Addresses are often neighbours.
  constexpr std::uint64_t kOdd = 0x9e3779b97f4a7c15ULL;
  std::uint64_t mixed = (words[0] ^ (words[1] * kOdd)) * kOdd;
  mixed ^= mixed >> 32;
  return mixed;
}

PatternIndex::Post PatternIndex::post(Post before, std::uint32_t set) {
  posts_.push_back({set, before});
  return static_cast<Post>(posts_.size() - 1);
}

void PatternIndex::collect(Post last, Sets& out) const {
  for (; last != kNone; last = posts_[last].before) out.push_back(posts_[last].set);
}

void PatternIndex::add_network(const std::string& text, std::uint32_t set) {
  const auto slash = text.find('/');
  const auto address = IpAddress::parse(text.substr(0, slash));
  if (!address) return;
  const unsigned prefix = slash == std::string::npos
                              ? address->bits()
                              : static_cast<unsigned>(std::stoul(text.substr(slash + 1)));
  auto& lengths = lengths_[address->is_v4() ? 1 : 0];
  auto length =
      std::find_if(lengths.begin(), lengths.end(), [&](const Length& one) { return one.prefix == prefix; });
  if (length == lengths.end()) length = lengths.insert(lengths.end(), {prefix, {}});
  Post& last = length->networks.try_emplace(*address, kNone).first->second;
  last = post(last, set);
}

void PatternIndex::add(const AccessPattern& pattern, std::uint32_t set) {
  const auto add_to = [&](Texts& texts) {
    Post& last = texts.try_emplace(pattern.text, kNone).first->second;
    last = post(last, set);
  };
  switch (pattern.kind) {
    case AccessPattern::Kind::Network:
      return add_network(pattern.text, set);
    case AccessPattern::Kind::Exact:
      return add_to(exact_);
    case AccessPattern::Kind::Domain:
      return add_to(domain_);
    case AccessPattern::Kind::Below:
      return add_to(below_);
    case AccessPattern::Kind::Local:
      return add_to(local_);
    case AccessPattern::Kind::Regex:
      return add_to(expressions_);
    case AccessPattern::Kind::Span:
      return;  // the matcher's
  }
}

void PatternIndex::compile() {
  std::vector<std::string> expressions;
  for (const auto& [expression, last] : std::exchange(expressions_, {})) {
    expressions.push_back(expression);
    expression_posts_.push_back(last);
  }
  compiled_ = Regexps(expressions);
}

void PatternIndex::find(const Texts& texts, std::string_view text, Sets& out) const {
  if (texts.empty()) return;
  if (const auto found = texts.find(text); found != texts.end()) collect(found->second, out);
}

void PatternIndex::find_parents(std::string_view name, Sets& out) const {
  if (below_.empty()) return;
  for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1))
    find(below_, name.substr(dot + 1), out);
}

void PatternIndex::find_expressions(std::string_view text, Sets& out) const {
  for (const std::size_t number : compiled_.matching(text)) collect(expression_posts_[number], out);
}

void PatternIndex::find(const IpAddress& address, Sets& out) const {
  for (const Length& length : lengths_[address.is_v4() ? 1 : 0])
    if (const auto found = length.networks.find(address.masked(length.prefix));
        found != length.networks.end())
      collect(found->second, out);
}

void PatternIndex::find_text(std::string_view text, Sets& out) const {
  find(exact_, text, out);
  find_expressions(text, out);
}

void PatternIndex::find_name(std::string_view name, Sets& out) const {
  find_text(name, out);
  find_parents(name, out);
}

void PatternIndex::find_mailbox(const AccessSubject::Mailbox& mailbox, Sets& out) const {
  find_text(mailbox.text, out);
  if (mailbox.text.empty()) return;
  const auto local_of = [&](const std::string& text) {
    return std::string_view(text).substr(
        0, text.size() - (mailbox.domain.empty() ? 0 : mailbox.domain.size() + 1));
  };
  find(local_, local_of(mailbox.text), out);
  if (mailbox.without_extension != mailbox.text) {
    find(exact_, mailbox.without_extension, out);
    find(local_, local_of(mailbox.without_extension), out);
  }
  if (mailbox.domain.empty()) return;
  find(domain_, mailbox.domain, out);
  find_parents(mailbox.domain, out);
}

}  // namespace mailreeve
