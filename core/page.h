// SPDX-License-Identifier: BSD-2-Clause
// What lists are asked for.
#ifndef MAILREEVE_CORE_PAGE_H
#define MAILREEVE_CORE_PAGE_H

#include <cstddef>
#include <limits>
#include <string>

namespace mailreeve {

// Part of a list in the order of names.
struct Page {
  std::string search{};  // in the name; empty: all
  std::size_t offset = 0;
  std::size_t limit = 100;
};

// The page that is a whole list.
inline const Page kWhole{.limit = std::numeric_limits<std::size_t>::max()};

}  // namespace mailreeve

#endif
