// SPDX-License-Identifier: BSD-2-Clause
#include "milter/native/stage_macros.h"

#include <optional>

#include "milter/native/packets.h"
#include "milter/native/protocol.h"

namespace mailreeve::milter {

namespace {

// More than any MTA sends for a stage: ten values of the longest SMTP line.
constexpr std::size_t kMost = 64UL * 1024;

std::optional<std::size_t> stage_of(char command) {
  switch (command) {
    case kConnect:
      return 0;
    case kHelo:
      return 1;
    case kMail:
      return 2;
    case kRcpt:
      return 3;
    case kData:
      return 4;
    case kEndOfHeaders:
    case kBody:
    case kEndOfMessage:
      return 5;
    default:
      return std::nullopt;
  }
}

std::string_view without_braces(std::string_view name) {
  return name.starts_with('{') && name.ends_with('}') ? name.substr(1, name.size() - 2) : name;
}

}  // namespace

void StageMacros::take(std::string_view data) {
  const char command = take_letter(data);
  if (data.size() > kMost) throw ProtocolError("macros of " + std::to_string(data.size()) + " octets");
  const auto stage = stage_of(command);
  if (!stage) return;
  stages_.at(*stage) = data;
  begin(command);
}

void StageMacros::begin(char command) {
  if (const auto stage = stage_of(command))
    for (std::size_t i = *stage + 1; i < kStages; ++i) stages_.at(i).clear();
}

void StageMacros::clear() {
  for (auto& stage : stages_) stage.clear();
}

std::string_view StageMacros::get(const char* name) const {
  const auto wanted = without_braces(name);
  for (auto stage = stages_.rbegin(); stage != stages_.rend(); ++stage) {
    std::string_view rest = *stage;
    for (;;) {
      const auto name_end = rest.find('\0');
      if (name_end == std::string_view::npos) break;
      const auto value_end = rest.find('\0', name_end + 1);
      if (value_end == std::string_view::npos) break;
      if (without_braces(rest.substr(0, name_end)) == wanted)
        return rest.substr(name_end + 1, value_end - name_end - 1);
      rest.remove_prefix(value_end + 1);
    }
  }
  return {};
}

}  // namespace mailreeve::milter
