// SPDX-License-Identifier: BSD-2-Clause
// Options whose values are words: one table for each type, for reading and
// writing.
#ifndef MAILREEVE_CONFIG_WORDS_H
#define MAILREEVE_CONFIG_WORDS_H

#include <array>
#include <concepts>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "config/settings.h"
#include "config/value.h"

namespace mailreeve {

template <typename T>
struct Word {
  const char* name;
  T value;
};

template <typename T, std::size_t N>
constexpr std::array<Word<T>, N> table(const Word<T> (&rows)[N]) {
  return std::to_array(rows);
}

constexpr auto words(bool) { return table<bool>({{"yes", true}, {"no", false}}); }
constexpr auto words(Mode) { return table<Mode>({{"enforce", Mode::Enforce}, {"monitor", Mode::Monitor}}); }
constexpr auto words(Engine) {
  return table<Engine>({{"libmilter", Engine::Libmilter}, {"native", Engine::Native}});
}
constexpr auto words(LogFormat) {
  return table<LogFormat>({{"text", LogFormat::Text}, {"json", LogFormat::Json}});
}
constexpr auto words(Severity) {
  return table<Severity>({{"error", Severity::Error},
                          {"warning", Severity::Warning},
                          {"notice", Severity::Notice},
                          {"info", Severity::Info}});
}
constexpr auto words(Apply) {
  return table<Apply>({{"all", Apply::All}, {"opt-in", Apply::OptIn}, {"never", Apply::Never}});
}
constexpr auto words(GreylistApply) {
  return table<GreylistApply>({{"suspicious", GreylistApply::Suspicious},
                               {"all", GreylistApply::All},
                               {"opt-in", GreylistApply::OptIn},
                               {"never", GreylistApply::Never}});
}
constexpr auto words(ReputationApply) {
  return table<ReputationApply>({{"all", ReputationApply::All}, {"never", ReputationApply::Never}});
}
constexpr auto words(SpfEngineChoice) {
  return table<SpfEngineChoice>({{"native", SpfEngineChoice::Native}, {"libspf2", SpfEngineChoice::Libspf2}});
}
constexpr auto words(AuthenticationResults) {
  return table<AuthenticationResults>({{"no", AuthenticationResults::No},
                                       {"inbound", AuthenticationResults::Inbound},
                                       {"all", AuthenticationResults::All}});
}
constexpr auto words(NullSenderWaits) {
  return table<NullSenderWaits>({{"rcpt", NullSenderWaits::Rcpt}, {"end", NullSenderWaits::End}});
}
constexpr auto words(OnFailure) {
  return table<OnFailure>({{"accept", OnFailure::Accept}, {"defer", OnFailure::Defer}});
}
constexpr auto words(StoreFailure) {
  return table<StoreFailure>(
      {{"accept", StoreFailure::Accept}, {"defer", StoreFailure::Defer}, {"local", StoreFailure::Local}});
}
constexpr auto words(RedisNames) {
  return table<RedisNames>({{"plain", RedisNames::Plain}, {"hashed", RedisNames::Hashed}});
}
constexpr auto words(EarlyRetry) {
  return table<EarlyRetry>(
      {{"keep", EarlyRetry::Keep}, {"reset", EarlyRetry::Reset}, {"penalty", EarlyRetry::Penalty}});
}
constexpr auto words(IdentitySource) {
  return table<IdentitySource>({{"auth_authen", IdentitySource::AuthAuthen},
                                {"cert_subject", IdentitySource::CertSubject},
                                {"sender", IdentitySource::Sender},
                                {"client_address", IdentitySource::ClientAddress}});
}
constexpr auto words(SenderAuthApply) {
  return table<SenderAuthApply>({{"all", SenderAuthApply::All},
                                 {"listed", SenderAuthApply::Listed},
                                 {"never", SenderAuthApply::Never}});
}
constexpr auto words(NullSender) {
  return table<NullSender>({{"allow", NullSender::Allow}, {"refuse", NullSender::Refuse}});
}
constexpr auto words(CheckFrom) {
  return table<CheckFrom>({{"no", CheckFrom::No}, {"log", CheckFrom::Log}, {"refuse", CheckFrom::Refuse}});
}
constexpr auto words(QuotaApply) {
  return table<QuotaApply>({{"all", QuotaApply::All}, {"never", QuotaApply::Never}});
}
constexpr auto words(LimitDefaults::Counting) {
  return table<LimitDefaults::Counting>({{"recipients", LimitDefaults::Counting::Recipients},
                                         {"messages", LimitDefaults::Counting::Messages},
                                         {"both", LimitDefaults::Counting::Both}});
}
constexpr auto words(QuotaReset) {
  return table<QuotaReset>({{"sliding", QuotaReset::Sliding}, {"daily", QuotaReset::Daily}});
}
constexpr auto words(OverQuota) {
  return table<OverQuota>({{"defer", OverQuota::Defer}, {"reject", OverQuota::Reject}});
}
constexpr auto words(LogMessages) {
  return table<LogMessages>(
      {{"no", LogMessages::No}, {"outbound", LogMessages::Outbound}, {"all", LogMessages::All}});
}

constexpr auto words(WebhookToken) {
  return table<WebhookToken>(
      {{"none", WebhookToken::None}, {"simple", WebhookToken::Simple}, {"jwt", WebhookToken::Jwt}});
}

template <typename T>
concept InWords = requires {
  words(T());
};

template <InWords T>
std::string joined_words(std::string_view between) {
  std::string out;
  for (const auto& word : words(T())) out.append(out.empty() ? "" : between).append(word.name);
  return out;
}

template <InWords T>
void read_value(std::string_view text, T& out) {
  for (const auto& word : words(T())) {
    if (text != word.name) continue;
    out = word.value;
    return;
  }
  throw std::invalid_argument("must be one of: " + joined_words<T>(", "));
}

template <InWords T>
std::string write_value(T value) {
  for (const auto& word : words(T()))
    if (word.value == value) return word.name;
  throw std::logic_error("a value without a name");
}

// A list of them.
template <InWords T>
void read_value(std::string_view text, std::vector<T>& out) {
  out.clear();
  for (const auto& word : split_list(text)) read_value(word, out.emplace_back());
}

template <InWords T>
std::string write_value(const std::vector<T>& value) {
  std::string out;
  for (const T item : value) out += (out.empty() ? "" : " ") + write_value(item);
  return out;
}

}  // namespace mailreeve

#endif
