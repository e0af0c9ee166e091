// SPDX-License-Identifier: BSD-2-Clause
#include "notify/command_target.h"

#include <algorithm>

#include "notify/payload.h"

namespace mailreeve {

std::string without_controls(std::string text) {
  // In UTF-8, all octets of other characters are 0x80 or above.
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7f; }, '?');
  return text;
}

ProgramCall CommandTarget::call(const Notification& what) const {
  const auto set = [](std::string_view name, std::string value) {
    return "MAILREEVE_" + std::string(name) + "=" + without_controls(std::move(value));
  };
  return {
      .words = split_command(settings_.command),
      .environment =
          {
              set("EVENT", std::string(to_string(what.notice))),
              set("TIME", format_rfc3339(what.when)),
              set("HOST", settings_.host),
              set("REF", what.ref),
              set("QUEUE_ID", what.queue_id),
              set("USER", what.user),
              set("CLIENT", what.client),
              set("CLIENT_NAME", what.client_name),
              set("SENDER", what.sender),
              set("RECIPIENT", what.recipient),
              set("RECIPIENTS", std::to_string(what.recipients)),
              set("QUOTA", std::to_string(what.quota)),
              set("QUOTA_RESET", std::to_string(what.quota_reset)),
              set("USED", std::to_string(what.used)),
          },
      .input = to_json(make_payload(what, settings_.host)) + "\n",
  };
}

Attempt CommandTarget::deliver(const Notification& what, TimePoint /*now*/, const Interrupt& stop) {
  return run_program(call(what), settings_.timeout, stop);
}

}  // namespace mailreeve
