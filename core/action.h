// SPDX-License-Identifier: BSD-2-Clause
// The action for a result, as an option sets it: "accept", "greylist",
// "defer [TEXT]" or "reject [TEXT]".
#ifndef MAILREEVE_CORE_ACTION_H
#define MAILREEVE_CORE_ACTION_H

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/verdict.h"

namespace mailreeve {

class Action {
 public:
  enum class Kind { Accept, Greylist, Defer, Reject };

  // TEXT is as in ReplyTemplate. `defer` and `reject` are texts with codes that
  // supply missing codes, or the whole reply if there is no TEXT. Throws
  // std::invalid_argument with a sentence for the admin.
  Action(std::string_view text, std::string_view defer, std::string_view reject,
         std::span<const std::string_view> placeholders);

  Kind kind() const { return kind_; }
  // Only for Defer and Reject.
  const ReplyTemplate& reply() const { return *reply_; }
  // Returns text from which the constructor makes an equal action.
  std::string source() const;

 private:
  Kind kind_;
  std::optional<ReplyTemplate> reply_;
};

}  // namespace mailreeve

#endif
