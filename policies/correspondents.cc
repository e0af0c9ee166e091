// SPDX-License-Identifier: BSD-2-Clause
#include "policies/correspondents.h"

#include <set>
#include <vector>

#include "policies/greylist_key.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMostKey = 1024;

}  // namespace

std::optional<std::string> correspondence(const Address& local, const Address& remote) {
  if (local.is_null() || remote.is_null() || local.domain().empty() || remote.domain().empty() ||
      local.domain() == remote.domain())
    return std::nullopt;
  std::string key = greylist_recipient(local) + " " + greylist_sender(remote);
  if (key.size() > kMostKey) return std::nullopt;
  return key;
}

void Correspondents::conclude(const Facts& facts, Findings& /*findings*/) const {
  const Envelope& envelope = facts.envelope;
  if (envelope.recipients.size() > kMostRecipients) return;
  std::set<std::string> keys;
  for (const Address& recipient : envelope.recipients)
    if (auto key = correspondence(envelope.sender, recipient)) keys.insert(std::move(*key));
  if (keys.empty()) return;
  // Of a busy correspondence, each store writes the first message of a day only.
  const TimePoint until = std::chrono::ceil<std::chrono::days>(facts.now + keep_);
  std::vector<Memo> memos;
  memos.reserve(keys.size());
  for (const auto& key : keys)
    memos.push_back({.kind = kCorrespondentKind, .key = key, .value = {}, .until = until});
  store_->remember(memos, IfKnown::Renewed, facts.now, facts.deadline);
}

}  // namespace mailreeve
