// SPDX-License-Identifier: BSD-2-Clause
#include "core/sign.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mailreeve {

namespace {

// In the order of Sign.
constexpr std::array<std::string_view, kSigns> kNames{
    "helo-related", "helo-unrelated", "helo-bare-address", "helo-missing", "helo-ours", "dynamic-name",
    "no-name",      "same-address",   "spf-none",          "spf-softfail", "spf-fail"};

std::string all_names() {
  std::string out;
  for (const auto name : kNames) out.append(out.empty() ? "" : ", ").append(name);
  return out;
}

unsigned number(std::string_view text) {
  unsigned value = 0;
  const auto end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value > SignPoints::kMost)
    throw std::invalid_argument("\"" + std::string(text) + "\" must be a number from 0 to " +
                                std::to_string(SignPoints::kMost));
  return value;
}

}  // namespace

std::string_view to_string(Sign sign) { return kNames[static_cast<std::size_t>(sign)]; }

void SignPoints::set(std::string_view word) {
  const auto equals = word.find('=');
  const auto name = std::find(kNames.begin(), kNames.end(), word.substr(0, equals));
  if (equals == std::string_view::npos || name == kNames.end())
    throw std::invalid_argument("\"" + std::string(word) +
                                "\" must be SIGN=POINTS, where SIGN is one of: " + all_names());
  points_[static_cast<std::size_t>(name - kNames.begin())] = number(word.substr(equals + 1));
}

std::string SignPoints::text() const {
  std::string out;
  for (std::size_t i = 0; i < kSigns; ++i)
    out.append(out.empty() ? "" : " ").append(kNames[i]).append("=").append(std::to_string(points_[i]));
  return out;
}

}  // namespace mailreeve
