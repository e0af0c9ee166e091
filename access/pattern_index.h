// SPDX-License-Identifier: BSD-2-Clause
// Patterns of one key, and the numbers of the sets that they are in: lookups by hash for all but
// regular expressions. Filled once, then usable from any thread. Only for access/matcher.cc.
#ifndef MAILREEVE_ACCESS_PATTERN_INDEX_H
#define MAILREEVE_ACCESS_PATTERN_INDEX_H

#include <array>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "access/regexps.h"
#include "access/rule.h"
#include "access/subject.h"
#include "core/ip_address.h"

namespace mailreeve {

class PatternIndex {
 public:
  using Sets = std::vector<std::uint32_t>;

  void add(const AccessPattern& pattern, std::uint32_t set);
  // Once all are added.
  void compile();
  bool empty() const { return posts_.empty(); }

  // Each adds the sets that have the value; some perhaps twice.
  void find(const IpAddress& address, Sets& out) const;
  void find_name(std::string_view name, Sets& out) const;
  void find_mailbox(const AccessSubject::Mailbox& mailbox, Sets& out) const;
  // Of texts that are compared as a whole, and of regular expressions.
  void find_text(std::string_view text, Sets& out) const;

 private:
  // The last of the posts of a pattern; they form a list, ended by kNone.
  using Post = std::uint32_t;
  static constexpr Post kNone = 0xffffffff;
  struct Posted {
    std::uint32_t set;
    Post before;
  };
  struct TextHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>()(text); }
  };
  struct AddressHash {
    std::size_t operator()(const IpAddress& address) const;
  };
  using Texts = std::unordered_map<std::string, Post, TextHash, std::equal_to<>>;
  struct Length {
    unsigned prefix;
    std::unordered_map<IpAddress, Post, AddressHash> networks;
  };

  Post post(Post before, std::uint32_t set);
  void collect(Post last, Sets& out) const;
  void find(const Texts& texts, std::string_view text, Sets& out) const;
  void find_parents(std::string_view name, Sets& out) const;
  void find_expressions(std::string_view text, Sets& out) const;
  void add_network(const std::string& text, std::uint32_t set);

  std::vector<Posted> posts_;
  std::array<std::vector<Length>, 2> lengths_;  // of IPv6 and of IPv4
  Texts exact_;
  Texts domain_;
  Texts below_;
  Texts local_;
  Texts expressions_;
  Regexps compiled_{{}};
  std::vector<Post> expression_posts_;
};

}  // namespace mailreeve

#endif
