// SPDX-License-Identifier: BSD-2-Clause
// The part of a list that a query asks for.
#ifndef MAILREEVE_CORE_PAGE_H
#define MAILREEVE_CORE_PAGE_H

#include <cstddef>
#include <limits>
#include <string>

namespace mailreeve {

// Part of a list, ordered by name.
struct Page {
  std::string search{};  // part of the name; empty for all
  std::size_t offset = 0;
  std::size_t limit = 100;
};

// The whole list.
inline const Page kWhole{.limit = std::numeric_limits<std::size_t>::max()};

}  // namespace mailreeve

#endif
