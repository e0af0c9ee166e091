// SPDX-License-Identifier: BSD-2-Clause
#include "store/state/redis_values.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "store/state/redis_keys.h"
#include "util/backend_error.h"

namespace mailreeve {

namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

// The numbers that a text holds, separated by `separator`; nothing if it is no such text.
template <std::size_t Count>
std::optional<std::array<std::int64_t, Count>> numbers_of(std::string_view words, char separator) {
  std::array<std::int64_t, Count> out{};
  const char* place = words.data();
  const char* const end = place + words.size();
  for (std::size_t i = 0; i < Count; ++i) {
    const auto [rest, error] = std::from_chars(place, end, out.at(i));
    const bool last = i + 1 == Count;
    if (error != std::errc() || (last ? rest != end : rest == end || *rest != separator)) return std::nullopt;
    place = rest + 1;
  }
  return out;
}

}  // namespace

void refuse_value() { throw BackendError("Redis holds or answers what mailreeve did not write"); }

std::string part_field(const QuotaPart& part) {
  return text(part.window.count()) + ":" + text(to_millis(part.begin));
}

std::string to_value(const TupleState& state) {
  const std::string sign = state.passed ? "-" : "+";
  std::string value = text(to_millis(state.first)) + sign + text((state.expires - state.first).count());
  if (state.early == 0) return value;
  return value + sign + text(state.early) + sign + text((state.last - state.first).count());
}

std::string to_value(const ClientState& state) {
  return text(state.passes) + " " + text(to_millis(state.expires));
}

std::string to_value(const QuotaPart& part) {
  return text(part.recipients) + " " + text(part.messages) + " " + text(to_millis(part.expires));
}

std::optional<TupleState> tuple_of(const std::string& value) {
  const auto place = value.find_first_of("+-");
  if (place == std::string::npos) return std::nullopt;
  const char sign = value[place];
  // Parts that are left out at the end are 0.
  std::string all = value;
  for (auto parts = std::count(all.begin(), all.end(), sign); parts < 3; ++parts)
    all.append(1, sign).append("0");
  const auto numbers = numbers_of<4>(all, sign);
  if (!numbers) return std::nullopt;
  const auto [first, life, early, last] = *numbers;
  return TupleState{.first = from_millis(first),
                    .last = from_millis(first + last),
                    .early = static_cast<unsigned>(early),
                    .passed = sign == '-',
                    .expires = from_millis(first + life)};
}

std::optional<ClientState> client_of(const std::string& value) {
  const auto numbers = numbers_of<2>(value, ' ');
  if (!numbers) return std::nullopt;
  const auto [passes, expires] = *numbers;
  return ClientState{.passes = static_cast<unsigned>(passes), .expires = from_millis(expires)};
}

std::optional<TimePoint> time_of(const std::string& value) {
  const auto number = numbers_of<1>(value, ' ');
  if (!number) return std::nullopt;
  return from_millis(number->front());
}

std::optional<QuotaPart> part_of(const std::string& field, const std::string& value) {
  const auto name = numbers_of<2>(field, ':');
  const auto numbers = numbers_of<3>(value, ' ');
  if (!name || !numbers) return std::nullopt;
  const auto [window, begin] = *name;
  const auto [recipients, messages, expires] = *numbers;
  return QuotaPart{.window = Seconds(window),
                   .begin = from_millis(begin),
                   .recipients = recipients,
                   .messages = messages,
                   .expires = from_millis(expires)};
}

QuotaState user_of(const RedisReply& hash) {
  QuotaState out;
  const auto& words = hash.elements;
  if (!hash.is(RedisReply::Type::Array) || words.size() % 2 != 0) refuse_value();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& field = words[i].text;
    const std::string& value = words[i + 1].text;
    if (field == kSinceField)
      out.since = time_of(value);
    else if (field == kLastField)
      out.last = time_of(value);
    else if (field == kNoticeField)
      out.exceeded = time_of(value);
    else if (const auto part = part_of(field, value))
      out.parts.push_back(*part);
  }
  return out;
}

std::optional<Memo> memo_of(const RedisReply& hash) {
  Memo out;
  bool found = false;
  const auto& words = hash.elements;
  if (!hash.is(RedisReply::Type::Array) || words.size() % 2 != 0) refuse_value();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    if (words[i].text == kValueField) out.value = words[i + 1].text;
    if (words[i].text != kUntilField) continue;
    const auto until = time_of(words[i + 1].text);
    found = until.has_value();
    out.until = until.value_or(TimePoint());
  }
  if (!found) return std::nullopt;
  return out;
}

std::vector<std::string> remember_arguments(const Memo& memo, IfKnown known, TimePoint now) {
  const NoticePeriod period = memo_period(memo, known, now);
  // What is over already needs an end all the same.
  const Milliseconds life = std::max(memo.until - now, Milliseconds(0)) + kExpiryMargin;
  return {to_value(period.until), memo.value, to_value(period.after), to_value(period.latest),
          std::to_string(life.count())};
}

}  // namespace mailreeve
