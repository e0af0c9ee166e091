// SPDX-License-Identifier: BSD-2-Clause
// Passes notifications to a program of the admin: as JSON on its standard
// input, and in its environment.
#ifndef MAILREEVE_NOTIFY_COMMAND_TARGET_H
#define MAILREEVE_NOTIFY_COMMAND_TARGET_H

#include "notify/run_program.h"
#include "notify/settings.h"
#include "notify/target.h"

namespace mailreeve {

class CommandTarget final : public Target {
 public:
  explicit CommandTarget(const NotifySettings& settings) : settings_(settings) {}

  std::string_view name() const override { return "command"; }
  Attempt deliver(const Notification& what, TimePoint now, const Interrupt& stop) override;

  ProgramCall call(const Notification& what) const;

 private:
  const NotifySettings settings_;
};

// Returns `text` with each control character replaced by "?".
std::string without_controls(std::string text);

}  // namespace mailreeve

#endif
