// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/log_format.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "util/digest.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMaxValue = 512;

bool is_plain(char c) { return c > 0x20 && c < 0x7f && c != '"' && c != '\\' && c != '='; }

void append_quoted(std::string& out, std::string_view value) {
  out += '"';
  for (const char& c : value) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c >= 0x20 && c < 0x7f) {
      out += c;
    } else {
      out += "\\x" + hex(std::string_view(&c, 1));
    }
  }
  out += '"';
}

void append_value(std::string& out, std::string_view value) {
  const bool cut = value.size() > kMaxValue;
  value = value.substr(0, kMaxValue);
  if (!cut && !value.empty() && std::all_of(value.begin(), value.end(), is_plain)) {
    out += value;
    return;
  }
  append_quoted(out, value);
  if (cut) out += "...";
}

}  // namespace

std::string format_text(Event event, std::span<const Field> fields) {
  std::string out(row_of(event).name);
  out.reserve(320);
  for (const auto& field : fields) {
    out += ' ';
    out += field.name;
    out += '=';
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      append_value(out, *text);
    } else {
      out += std::to_string(std::get<std::int64_t>(field.value));
    }
  }
  return out;
}

std::string format_json(Event event, std::span<const Field> fields, const LineOrigin& origin) {
  nlohmann::ordered_json out;
  out["time"] = origin.time;
  out["host"] = origin.host;
  out["program"] = "mailreeve";
  out["pid"] = origin.pid;
  out["severity"] = to_string(row_of(event).severity);
  out["event"] = row_of(event).name;
  for (const auto& field : fields) {
    if (const auto* text = std::get_if<std::string_view>(&field.value)) {
      out[std::string(field.name)] =
          text->size() > kMaxValue ? std::string(text->substr(0, kMaxValue)) + "..." : std::string(*text);
    } else {
      out[std::string(field.name)] = std::get<std::int64_t>(field.value);
    }
  }
  return out.dump(-1, ' ', false, nlohmann::ordered_json::error_handler_t::replace);
}

}  // namespace mailreeve
