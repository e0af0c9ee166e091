// SPDX-License-Identifier: BSD-2-Clause
#include "dns/answer_cache.h"

#include <utility>

namespace mailreeve {

namespace {

// Strangers choose how long their records are: 64 KB are possible.
constexpr std::size_t kBiggest = 4096;
constexpr std::size_t kString = sizeof(std::string);

std::size_t size_of(const DnsAnswer& answer) {
  std::size_t size = answer.addresses.size() * sizeof(IpAddress);
  for (const auto& exchanger : answer.exchangers) size += sizeof exchanger + exchanger.host.size();
  for (const auto& name : answer.names) size += kString + name.size();
  for (const auto& text : answer.texts) size += kString + text.size();
  return size;
}

bool is_known(DnsAnswer::Status status) {
  return status == DnsAnswer::Status::Found || status == DnsAnswer::Status::NoData ||
         status == DnsAnswer::Status::NoName;
}

}  // namespace

std::optional<DnsAnswer> AnswerCache::find(const std::string& key, SteadyTime now) {
  auto place = young_.find(key);
  if (place == young_.end()) {
    auto moved = old_.extract(key);
    if (moved.empty()) return std::nullopt;
    insert(key, std::move(moved.mapped()));
    place = young_.find(key);
  }
  const auto& [answer, expires] = place->second;
  if (expires <= now) {
    young_.erase(place);
    return std::nullopt;
  }
  DnsAnswer current = answer;
  current.ttl = static_cast<std::uint32_t>(std::chrono::ceil<Seconds>(expires - now).count());
  return current;
}

void AnswerCache::put(const std::string& key, const DnsAnswer& answer, SteadyTime now) {
  if (!is_known(answer.status) || answer.ttl == 0 || size_of(answer) > kBiggest) return;
  old_.erase(key);
  insert(key, {answer, now + Seconds(answer.ttl)});
}

void AnswerCache::insert(const std::string& key, Entry entry) {
  if (young_.size() >= most_in_half_) old_ = std::exchange(young_, {});
  young_.insert_or_assign(key, std::move(entry));
}

}  // namespace mailreeve
