// SPDX-License-Identifier: BSD-2-Clause
#include "core/skips.h"

#include <array>

namespace mailreeve {

namespace {

constexpr std::array kAll{Skip::Greylist, Skip::Spf, Skip::Reputation, Skip::Quota, Skip::SenderAuth};

}  // namespace

std::string_view to_string(Skip skip) {
  switch (skip) {
    case Skip::Greylist:
      return "greylist";
    case Skip::Spf:
      return "spf";
    case Skip::Reputation:
      return "reputation";
    case Skip::Quota:
      return "quota";
    case Skip::SenderAuth:
      return "sender-auth";
  }
  return "?";
}

std::optional<Skip> skip_named(std::string_view policy) {
  for (const Skip skip : kAll)
    if (policy == to_string(skip)) return skip;
  return std::nullopt;
}

Skips Skips::all() {
  Skips out;
  for (const Skip skip : kAll) out.add(skip);
  return out;
}

bool Skips::has(std::string_view policy) const {
  const auto skip = skip_named(policy);
  return skip && has(*skip);
}

std::string to_string(Skips skips) {
  std::string out;
  for (const Skip skip : kAll)
    if (skips.has(skip)) out.append(out.empty() ? "" : ",").append(to_string(skip));
  return out;
}

}  // namespace mailreeve
