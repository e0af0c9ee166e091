// SPDX-License-Identifier: BSD-2-Clause
#include "core/state_entry.h"

#include <algorithm>

namespace mailreeve {

TupleState merged(const TupleState& a, const TupleState& b) {
  if (a.passed != b.passed) return a.passed ? a : b;
  return {.first = std::min(a.first, b.first),
          .last = std::max(a.last, b.last),
          .early = std::max(a.early, b.early),
          .passed = a.passed,
          .expires = std::max(a.expires, b.expires)};
}

ClientState merged(const ClientState& a, const ClientState& b) {
  return {.passes = std::max(a.passes, b.passes), .expires = std::max(a.expires, b.expires)};
}

QuotaState merged(const QuotaState& a, const QuotaState& b) {
  QuotaState out = a;
  for (const auto& part : b.parts) {
    const auto same = std::find_if(out.parts.begin(), out.parts.end(), [&](const QuotaPart& other) {
      return other.window == part.window && other.begin == part.begin;
    });
    if (same == out.parts.end()) {
      out.parts.push_back(part);
      continue;
    }
    same->recipients = std::max(same->recipients, part.recipients);
    same->messages = std::max(same->messages, part.messages);
    same->expires = std::max(same->expires, part.expires);
  }
  out.since = a.since && b.since ? std::min(a.since, b.since) : std::max(a.since, b.since);
  // An empty value orders before any time.
  out.last = std::max(a.last, b.last);
  out.exceeded = std::max(a.exceeded, b.exceeded);
  return out;
}

}  // namespace mailreeve
