// SPDX-License-Identifier: BSD-2-Clause
#include "util/url.h"

namespace mailreeve {

std::string shown_url(std::string_view url) {
  constexpr std::string_view kBehindScheme = "://";
  std::string out(url);
  const auto scheme = out.find(kBehindScheme);
  const auto at = out.rfind('@');
  if (scheme == std::string::npos || at == std::string::npos || at < scheme) return out;
  const auto begin = scheme + kBehindScheme.size();
  return out.replace(begin, at - begin, "...");
}

}  // namespace mailreeve
