// SPDX-License-Identifier: BSD-2-Clause
// One round of questions to DNS lists, all at once, and the sums of their answers. Belongs to one thread.
#ifndef MAILREEVE_DNSLISTS_LIST_ROUND_H
#define MAILREEVE_DNSLISTS_LIST_ROUND_H

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/resolver.h"
#include "dnslists/dns_lists.h"

namespace mailreeve {

class ListRound {
 public:
  // Asks a list about `what`, an address or a name, which is `label` in DNS. Both references must outlive
  // this; names for one list come one after the other.
  void add(const ListSpec& spec, ListHealth& health, const std::string& what, const std::string& label);

  // Tells each list's health what was heard.
  ListFindings run(Resolver& resolver, Deadline deadline, const DnsLists::Decided& decided);

 private:
  struct Entry {
    const ListSpec& spec;
    ListHealth& health;
    std::string what;
    std::size_t list;      // the number of the list in this round
    std::size_t question;  // that of its question, which others may share
  };

  ListFindings read(std::span<const std::optional<DnsAnswer>> answers) const;

  std::vector<Entry> entries_;
  std::vector<Question> questions_;
  std::size_t lists_ = 0;
};

}  // namespace mailreeve

#endif
