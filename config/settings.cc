// SPDX-License-Identifier: BSD-2-Clause
#include "config/settings.h"

namespace mailreeve {

std::optional<std::vector<Limit>> QuotaSettings::default_limits() const {
  if (otherwise == "refuse") return std::nullopt;
  if (otherwise == "unlimited") return std::vector<Limit>();
  return parse_limits(otherwise, defaults());
}

ReplyTemplate QuotaSettings::reply() const {
  const bool rejects = over == OverQuota::Reject;
  return {message, rejects ? ReplyTemplate::Class::Permanent : ReplyTemplate::Class::Temporary,
          rejects ? kQuotaReject : kQuotaDefer, kQuotaPlaceholders};
}

}  // namespace mailreeve
