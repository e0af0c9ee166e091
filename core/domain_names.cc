// SPDX-License-Identifier: BSD-2-Clause
#include "core/domain_names.h"

namespace mailreeve {

std::vector<std::string> names_of(std::string_view domain) {
  std::vector<std::string> names;
  if (!domain.empty() && domain != kEverybody) names.emplace_back(domain);
  for (auto dot = domain.find('.', 1); dot != std::string_view::npos; dot = domain.find('.', dot + 1))
    names.emplace_back(domain.substr(dot));
  names.emplace_back(kEverybody);
  return names;
}

std::string_view domain_of_user(std::string_view user) {
  const auto at = user.rfind('@');
  return at == std::string_view::npos ? std::string_view() : user.substr(at + 1);
}

}  // namespace mailreeve
