// SPDX-License-Identifier: BSD-2-Clause
#include "core/spf_outcome.h"

namespace mailreeve {

std::string_view to_string(SpfResult result) {
  switch (result) {
    case SpfResult::None:
      return "none";
    case SpfResult::Neutral:
      return "neutral";
    case SpfResult::Pass:
      return "pass";
    case SpfResult::Fail:
      return "fail";
    case SpfResult::Softfail:
      return "softfail";
    case SpfResult::Temperror:
      return "temperror";
    case SpfResult::Permerror:
      return "permerror";
  }
  return "?";
}

std::string_view to_string(SpfIdentity identity) {
  return identity == SpfIdentity::Helo ? "helo" : "mailfrom";
}

}  // namespace mailreeve
