// SPDX-License-Identifier: BSD-2-Clause
#include "core/action.h"

#include <algorithm>
#include <stdexcept>

namespace mailreeve {

Action::Action(std::string_view text, std::string_view defer, std::string_view reject,
               std::span<const std::string_view> placeholders)
    : kind_(Kind::Accept) {
  const auto blank = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, blank);
  const auto rest = text.substr(std::min(text.find_first_not_of(' ', blank), text.size()));
  if (word == "accept" || word == "greylist") {
    if (!rest.empty()) throw std::invalid_argument("\"" + std::string(word) + "\" takes no text");
    kind_ = word == "accept" ? Kind::Accept : Kind::Greylist;
    return;
  }
  if (word != "defer" && word != "reject")
    throw std::invalid_argument("must be accept, greylist, \"defer TEXT\" or \"reject TEXT\"");
  kind_ = word == "defer" ? Kind::Defer : Kind::Reject;
  const auto defaults = kind_ == Kind::Defer ? defer : reject;
  const auto cls = kind_ == Kind::Defer ? ReplyTemplate::Class::Temporary : ReplyTemplate::Class::Permanent;
  reply_.emplace(rest.empty() ? defaults : rest, cls, defaults, placeholders);
}

std::string Action::source() const {
  switch (kind_) {
    case Kind::Accept:
      return "accept";
    case Kind::Greylist:
      return "greylist";
    case Kind::Defer:
      return "defer " + reply_->source();
    case Kind::Reject:
      return "reject " + reply_->source();
  }
  return "?";
}

}  // namespace mailreeve
