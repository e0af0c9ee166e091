// SPDX-License-Identifier: BSD-2-Clause
#include "policies/client_listings.h"

#include <algorithm>
#include <string_view>
#include <utility>

#include "util/digest.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMostValue = 1024;
constexpr char letter(ListKind kind) { return kind == ListKind::White ? 'w' : 'b'; }

std::string fingerprint(const ReputationSettings& settings) {
  std::string text = std::to_string(settings.dnsbl_threshold) + " " +
                     std::to_string(settings.dnswl_threshold) + " " +
                     std::to_string(settings.reject_threshold);
  for (const auto* specs : {&settings.dnsbl, &settings.dnswl}) {
    text += "\n";
    for (const auto& spec : *specs) text += " " + to_string(spec);
  }
  constexpr std::size_t kEnough = 16;
  return hex(sha256(text)).substr(0, kEnough);
}

void append(std::string& text, ListKind kind, const std::vector<Listing>& listings) {
  for (const auto& each : listings) {
    if (!text.empty()) text += ' ';
    text += letter(kind);
    text.append(each.zone).append("=").append(each.answer);
  }
}

// The first answer of a list in the value that counts. A list may be configured more than once.
std::optional<IpAddress> answer_in(std::string_view value, ListKind kind, const ListSpec& spec) {
  while (!value.empty()) {
    const std::string_view word = value.substr(0, value.find(' '));
    value.remove_prefix(std::min(word.size() + 1, value.size()));
    const auto equals = word.find('=');
    if (equals == std::string_view::npos || equals == 0 || word.front() != letter(kind)) continue;
    if (word.substr(1, equals - 1) != spec.zone) continue;
    if (const auto answer = IpAddress::parse(word.substr(equals + 1)); answer && spec.counts(*answer))
      return answer;
  }
  return std::nullopt;
}

std::vector<Listing> remembered(std::string_view value, ListKind kind, const std::vector<ListSpec>& specs) {
  std::vector<Listing> out;
  for (const auto& spec : specs)
    if (const auto answer = answer_in(value, kind, spec))
      out.push_back({.zone = spec.zone, .answer = answer->text(), .weight = spec.weight});
  return out;
}

}  // namespace

unsigned weight_of(const std::vector<Listing>& listings) {
  unsigned out = 0;
  for (const auto& each : listings) out += each.weight;
  return out;
}

ClientListings::ClientListings(const ReputationSettings& settings, std::shared_ptr<DnsLists> lists,
                               std::shared_ptr<MemoStore> store)
    : settings_(settings),
      by_address_(!settings.dnsbl.empty() || !settings.dnswl.empty()),
      by_name_(!settings.rhsbl.empty()),
      fingerprint_(fingerprint(settings)),
      lists_(std::move(lists)),
      store_(std::move(store)) {}

const Listings& ClientListings::of(const Facts& facts, Findings& findings) const {
  if (!findings.listings) findings.listings = ask(facts);
  return *findings.listings;
}

Listings ClientListings::ask(const Facts& facts) const {
  const auto known = recall(facts);
  Listings out = known.value_or(Listings());
  const ListSums before{.blocked = weight_of(out.blocked), .white = weight_of(out.white)};
  if (known && (!by_name_ || before.white >= settings_.dnswl_threshold)) return out;

  const Session& session = facts.session;
  const ListSubject subject{.address = session.client,
                            .client_name = session.name_check == NameCheck::Ok ? session.client_name : "",
                            .helo = session.helo,
                            .sender_domain = facts.envelope.sender.domain()};
  const auto found =
      lists_->ask(subject, facts.of_dns(), {.dnsbl = !known, .dnswl = !known, .rhsbl = by_name_},
                  [&](const ListSums& sums) {
                    return is_decided({.blocked = before.blocked + sums.blocked,
                                       .blocked_open = sums.blocked_open,
                                       .white = before.white + sums.white,
                                       .white_open = sums.white_open});
                  });
  Listings of_address;
  for (const auto& hit : found.hits) {
    const Listing listing{.zone = hit.zone, .answer = hit.answer.text(), .weight = hit.weight};
    (hit.kind == ListKind::White ? out.white : out.blocked).push_back(listing);
    if (hit.kind == ListKind::Block) of_address.blocked.push_back(listing);
  }
  of_address.white = out.white;
  // What lists of names say belongs to this message alone, and what is open may come yet.
  const bool complete = found.sums.blocked_open == 0 && found.sums.white_open == 0;
  const ListSums sums{.blocked = weight_of(of_address.blocked),
                      .blocked_open = found.sums.blocked_open,
                      .white = found.sums.white,
                      .white_open = found.sums.white_open};
  if (!known && (complete || is_decided(sums))) remember(of_address, facts);
  return out;
}

// Whether the outcome stays, whatever the lists say that have not answered.
bool ClientListings::is_decided(const ListSums& sums) const {
  if (sums.white >= settings_.dnswl_threshold) return true;
  if (sums.white + sums.white_open >= settings_.dnswl_threshold) return false;
  if (sums.blocked_open == 0) return true;
  // For a refusal, each point counts.
  return settings_.reject_threshold == 0 && (sums.blocked >= settings_.dnsbl_threshold ||
                                             sums.blocked + sums.blocked_open < settings_.dnsbl_threshold);
}

Memo ClientListings::memo(const Facts& facts) const {
  return {.kind = "dns-lists",
          .key = facts.session.client->text() + " " + fingerprint_,
          .value = "",
          .until = facts.now + settings_.remember};
}

std::optional<Listings> ClientListings::recall(const Facts& facts) const {
  if (!by_address_ || settings_.remember == Seconds(0)) return std::nullopt;
  const Memo wanted = memo(facts);
  std::optional<std::string> value;
  try {
    value = store_->recall(wanted.kind, wanted.key, facts.now, facts.deadline);
  } catch (const BackendError&) {
    return std::nullopt;
  }
  if (!value) return std::nullopt;
  Listings out{.blocked = remembered(*value, ListKind::Block, settings_.dnsbl),
               .white = remembered(*value, ListKind::White, settings_.dnswl)};
  // The word of a list that has been found out since may have kept others from being heard.
  const auto is_believed = [this](ListKind kind) {
    return [this, kind](const Listing& each) { return lists_->is_believed(kind, each.zone); };
  };
  if (!std::all_of(out.blocked.begin(), out.blocked.end(), is_believed(ListKind::Block)) ||
      !std::all_of(out.white.begin(), out.white.end(), is_believed(ListKind::White)))
    return std::nullopt;
  return out;
}

void ClientListings::remember(const Listings& listings, const Facts& facts) const {
  if (!by_address_ || settings_.remember == Seconds(0)) return;
  Memo noted = memo(facts);
  append(noted.value, ListKind::Block, listings.blocked);
  append(noted.value, ListKind::White, listings.white);
  if (noted.value.size() > kMostValue) return;
  try {
    store_->remember_if_absent(noted, facts.now, facts.deadline);
  } catch (const BackendError&) {
    // The next message asks the lists again.
    return;
  }
}

}  // namespace mailreeve
