// SPDX-License-Identifier: BSD-2-Clause
#include "store/redis_values.h"

#include <array>
#include <charconv>

#include "core/backends.h"

namespace mailreeve {

namespace {

std::string text(std::int64_t number) { return std::to_string(number); }

// The numbers that a text holds, separated by `separator`.
template <std::size_t Count>
std::array<std::int64_t, Count> numbers_of(std::string_view words, char separator) {
  std::array<std::int64_t, Count> out{};
  const char* place = words.data();
  const char* const end = place + words.size();
  for (std::size_t i = 0; i < Count; ++i) {
    const auto [rest, error] = std::from_chars(place, end, out.at(i));
    const bool last = i + 1 == Count;
    if (error != std::errc() || (last ? rest != end : rest == end || *rest != separator)) refuse_value();
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
  const std::string value = text(to_millis(state.first)) + sign + text((state.expires - state.first).count());
  return state.early == 0 ? value : value + sign + text(state.early);
}

std::string to_value(const ClientState& state) {
  return text(state.passes) + " " + text(to_millis(state.expires));
}

std::string to_value(const QuotaPart& part) {
  return text(part.recipients) + " " + text(part.messages) + " " + text(to_millis(part.expires));
}

TupleState tuple_of(const std::string& value) {
  const auto place = value.find_first_of("+-");
  if (place == std::string::npos) refuse_value();
  const char sign = value[place];
  const bool retried = value.find(sign, place + 1) != std::string::npos;
  const auto [first, life, early] = numbers_of<3>(retried ? value : value + sign + "0", sign);
  return {.first = from_millis(first),
          .early = static_cast<unsigned>(early),
          .passed = sign == '-',
          .expires = from_millis(first + life)};
}

ClientState client_of(const std::string& value) {
  const auto [passes, expires] = numbers_of<2>(value, ' ');
  return {.passes = static_cast<unsigned>(passes), .expires = from_millis(expires)};
}

TimePoint time_of(const std::string& words) { return from_millis(numbers_of<1>(words, ' ')[0]); }

QuotaPart part_of(const std::string& field, const std::string& value) {
  const auto [window, begin] = numbers_of<2>(field, ':');
  const auto [recipients, messages, expires] = numbers_of<3>(value, ' ');
  return {.window = Seconds(window),
          .begin = from_millis(begin),
          .recipients = recipients,
          .messages = messages,
          .expires = from_millis(expires)};
}

// Of a user's hash, as HGETALL answers it.
QuotaState user_of(const RedisReply& reply) {
  QuotaState out;
  const auto& words = reply.elements;
  if (!reply.is(RedisReply::Type::Array) || words.size() % 2 != 0) refuse_value();
  for (std::size_t i = 0; i < words.size(); i += 2) {
    const std::string& field = words[i].text;
    const std::string& value = words[i + 1].text;
    if (field == kSinceField)
      out.since = time_of(value);
    else if (field == kLastField)
      out.last = time_of(value);
    else if (field == notice_field(Notice::Exceeded))
      out.exceeded = time_of(value);
    else if (field == notice_field(Notice::Unauthorized))
      out.unauthorized = time_of(value);
    else
      out.parts.push_back(part_of(field, value));
  }
  return out;
}

}  // namespace mailreeve
