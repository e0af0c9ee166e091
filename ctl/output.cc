// SPDX-License-Identifier: BSD-2-Clause
#include "ctl/output.h"

#include <wchar.h>  // wcwidth()

#include <algorithm>
#include <cwchar>

#include "admin/when.h"

namespace mailreeve {

namespace {

constexpr std::string_view kNothing = "-";
constexpr std::size_t kGap = 2;

bool is_table(const JsonValue& value) {
  return value.is_array() && !value.empty() &&
         std::all_of(value.begin(), value.end(), [](const JsonValue& row) { return row.is_object(); });
}

struct Character {
  std::size_t octets;
  int columns;  // 0 or less if it is not visible
};

Character first_character(std::string_view text) {
  std::mbstate_t state{};
  wchar_t character = 0;
  const std::size_t octets = std::mbrtowc(&character, text.data(), text.size(), &state);
  // Not a character, the beginning of one, or NUL.
  if (octets == 0 || octets > text.size()) return {.octets = 1, .columns = 0};
  return {.octets = octets, .columns = wcwidth(character)};
}

std::size_t columns_of(std::string_view text) {
  std::size_t out = 0;
  while (!text.empty()) {
    const Character next = first_character(text);
    out += static_cast<std::size_t>(std::max(next.columns, 1));
    text.remove_prefix(next.octets);
  }
  return out;
}

// Our own times, as json_time() writes them. Other text of this form is a time, too.
std::optional<TimePoint> time_of(const std::string& text) {
  constexpr std::size_t kLength = sizeof "2026-11-21T10:00:00.000Z" - 1;
  return text.size() == kLength && text.back() == 'Z' ? parse_time(text) : std::nullopt;
}

// Formats one value in one line.
std::string cell(const JsonValue& value) {
  if (value.is_null()) return std::string(kNothing);
  if (value.is_boolean()) return value.get<bool>() ? "yes" : "no";
  if (value.is_string()) {
    const auto when = time_of(value.get_ref<const std::string&>());
    const std::string text = when ? with_local_time(*when) : printable(value.get_ref<const std::string&>());
    return text.empty() ? std::string(kNothing) : text;
  }
  if (!value.is_array()) return printable(value.dump());
  std::string out;
  for (const JsonValue& each : value) out += (out.empty() ? "" : " ") + cell(each);
  return out.empty() ? std::string(kNothing) : out;
}

std::string headline(const std::string& name) {
  std::string out = name;
  for (char& c : out)
    if (c >= 'a' && c <= 'z')
      c = static_cast<char>(c - 'a' + 'A');
    else if (c == '_')
      c = '-';
  return out;
}

using Row = std::vector<std::string>;

// Makes columns as wide as needed; the last one ends with its text.
std::string aligned(const std::vector<Row>& rows) {
  std::vector<std::size_t> widths;
  for (const Row& row : rows) {
    widths.resize(std::max(widths.size(), row.size()));
    for (std::size_t i = 0; i < row.size(); ++i) widths[i] = std::max(widths[i], columns_of(row[i]));
  }
  std::string out;
  for (const Row& row : rows) {
    for (std::size_t i = 0; i < row.size(); ++i)
      out += i + 1 == row.size() ? row[i] : row[i] + std::string(widths[i] + kGap - columns_of(row[i]), ' ');
    out += '\n';
  }
  return out;
}

std::vector<std::string> names_of(const JsonValue& object) {
  std::vector<std::string> out;
  for (const auto& item : object.items()) out.push_back(item.key());
  return out;
}

std::string table(const JsonValue& rows, std::vector<std::string> columns) {
  if (columns.empty()) columns = names_of(rows.front());
  std::vector<Row> out(1);
  for (const auto& column : columns) out.front().push_back(headline(column));
  for (const JsonValue& row : rows) {
    out.emplace_back();
    for (const auto& column : columns) out.back().push_back(cell(row.value(column, JsonValue())));
  }
  return aligned(out);
}

// The parts of an object.
struct Parts {
  std::vector<Row> lines;
  std::string tables;
};

void take_apart(const JsonValue& object, const std::string& prefix, Parts& out) {
  for (const auto& item : object.items()) {
    const std::string name = prefix + printable(item.key());
    if (item.value().is_object()) {
      take_apart(item.value(), name + ".", out);
    } else if (is_table(item.value())) {
      out.tables += "\n" + table(item.value(), {});
    } else {
      out.lines.push_back({name, cell(item.value())});
    }
  }
}

}  // namespace

std::string printable(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const Character next = first_character(text);
    out += next.columns > 0 ? text.substr(0, next.octets) : "?";
    text.remove_prefix(next.octets);
  }
  return out;
}

std::string json_text(const JsonValue& value) {
  const std::string text = value.dump(2, ' ', true, JsonValue::error_handler_t::replace) + "\n";
  // DEL is the only control character that the library does not escape.
  std::string out;
  for (const char c : text) out += c == 0x7f ? "\\u007f" : std::string(1, c);
  return out;
}

std::string readable_text(const JsonValue& value, const std::vector<std::string>& columns) {
  const bool no_rows = value.is_array() && value.empty() && !columns.empty();
  if (no_rows || is_table(value)) return table(value, columns);
  if (value.is_object()) {
    Parts parts;
    take_apart(value, "", parts);
    return aligned(parts.lines) + parts.tables;
  }
  std::string out;
  if (value.is_array())
    for (const JsonValue& each : value) out += cell(each) + "\n";
  else
    out = cell(value) + "\n";
  return out;
}

}  // namespace mailreeve
