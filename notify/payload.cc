// SPDX-License-Identifier: BSD-2-Clause
#include "notify/payload.h"

#include <algorithm>
#include <array>
#include <ctime>
#include <nlohmann/json.hpp>

namespace mailreeve {

namespace {

constexpr std::size_t kLongestText = 1024;
using Json = nlohmann::ordered_json;

// PolicydRateGuard's format, which uses local time.
std::string local_time(TimePoint when) {
  const std::time_t seconds = std::chrono::floor<Seconds>(when).time_since_epoch().count();
  std::tm parts{};
  localtime_r(&seconds, &parts);
  std::array<char, 64> out{};
  return {out.data(), std::strftime(out.data(), out.size(), "%Y-%m-%d %H:%M:%S", &parts)};
}

std::string utf8(std::string text) {
  text.resize(std::min(text.size(), kLongestText));
  // Lets the JSON library replace invalid octets; it can always parse its own output.
  return Json::parse(Json(text).dump(-1, ' ', false, Json::error_handler_t::replace)).get<std::string>();
}

}  // namespace

std::string PayloadField::text() const {
  if (const auto* string = std::get_if<std::string>(&value)) return *string;
  return std::to_string(std::get<std::int64_t>(value));
}

Payload make_payload(const Notification& what, const std::string& host) {
  return {
      {"msgid", what.queue_id},
      {"sender", what.user},
      {"client_address", what.client},
      {"client_name", what.client_name},
      {"rcpt_count", what.recipients},
      {"from_addr", what.sender, true},
      {"to_addr", what.recipient, true},
      {"timestamp", local_time(what.when)},
      {"quota", what.quota},
      {"quota_reset", what.quota_reset},
      {"used", what.used},
      {"event", std::string(to_string(what.notice))},
      {"host", host},
      {"ref", what.ref},
      {"program", std::string("mailreeve")},
  };
}

std::string to_json(const Payload& payload) {
  Json out;
  for (const auto& field : payload) {
    const std::string key(field.key);
    if (const auto* text = std::get_if<std::string>(&field.value)) {
      out[key] = text->empty() && field.nullable ? Json() : Json(*text);
    } else {
      out[key] = std::get<std::int64_t>(field.value);
    }
  }
  return out.dump(-1, ' ', false, Json::error_handler_t::replace);
}

bool is_payload_key(std::string_view name) {
  const auto payload = make_payload({}, {});
  return std::any_of(payload.begin(), payload.end(), [&](const auto& field) { return field.key == name; });
}

std::string payload_key_list() {
  std::string out;
  for (const auto& field : make_payload({}, {}))
    out += (out.empty() ? "{" : ", {") + std::string(field.key) + "}";
  return out;
}

std::string_view to_string(Notice notice) {
  return notice == Notice::Exceeded ? "quota-exceeded" : "unauthorized-sender";
}

Notification well_formed(Notification what) {
  for (std::string* text : {&what.queue_id, &what.ref, &what.user, &what.client, &what.client_name,
                            &what.sender, &what.recipient})
    *text = utf8(std::move(*text));
  return what;
}

}  // namespace mailreeve
