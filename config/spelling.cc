// SPDX-License-Identifier: BSD-2-Clause
#include "config/spelling.h"

#include <algorithm>
#include <vector>

namespace mailreeve {

std::size_t spelling_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> line(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) line[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = line[0];
    line[0] = i;
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t changed = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = line[j];
      line[j] = std::min({line[j] + 1, line[j - 1] + 1, changed});
    }
  }
  return line[b.size()];
}

bool is_spelt_like(std::string_view a, std::string_view b) {
  return spelling_distance(a, b) <= std::max<std::size_t>(std::max(a.size(), b.size()) / 3, 2);
}

std::string_view nearest_name(std::string_view word, std::span<const std::string_view> names) {
  const auto nearer = [word](std::string_view a, std::string_view b) {
    return spelling_distance(word, a) < spelling_distance(word, b);
  };
  const auto found = std::min_element(names.begin(), names.end(), nearer);
  return found != names.end() && is_spelt_like(word, *found) ? *found : std::string_view();
}

}  // namespace mailreeve
