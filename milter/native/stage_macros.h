// SPDX-License-Identifier: BSD-2-Clause
// The macros that the MTA has sent, by the stage they belong to. Those of a stage hold
// until it is repeated, and an earlier stage ends the later ones.
#ifndef MAILREEVE_MILTER_NATIVE_STAGE_MACROS_H
#define MAILREEVE_MILTER_NATIVE_STAGE_MACROS_H

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "milter/conversation.h"

namespace mailreeve::milter {

class StageMacros final : public Macros {
 public:
  // The data of a packet of macros: the letter of the command that follows, then names
  // and values. A name at the end without a value counts as not sent; so do macros of
  // commands that have no stage. Throws ProtocolError.
  void take(std::string_view data);
  // A command begins: later stages have ended.
  void begin(char command);
  void clear();

  // The latest stage's. "i" and "{i}" are one.
  std::string_view get(const char* name) const override;

 private:
  static constexpr std::size_t kStages = 6;
  // As they came: most are never asked for.
  std::array<std::string, kStages> stages_;
};

}  // namespace mailreeve::milter

#endif
