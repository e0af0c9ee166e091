// SPDX-License-Identifier: BSD-2-Clause
#include "store/policy_rows.h"

#include <algorithm>
#include <limits>
#include <optional>

#include "core/idna.h"
#include "store/policy_names.h"

namespace mailreeve {

namespace {

// Nothing where the character set lacks a text.
std::optional<SqlRows> ask(SqlConnection& connection, const std::string& sql, const SqlValues& values) {
  try {
    return connection.query(sql, values);
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Unfit) throw;
    return {};
  }
}

SqlValues repeated(const std::string& first, const std::string& second, std::size_t times) {
  SqlValues values;
  for (std::size_t i = 0; i < times; ++i) {
    values.emplace_back(first);
    values.emplace_back(second);
  }
  return values;
}

std::string pattern_of(const std::string& search) {
  std::string pattern = "%";
  for (const char c : ascii_lower(search)) {
    if (c == '%' || c == '_' || c == '!') pattern += '!';
    pattern += c;
  }
  if (pattern.size() > 1) pattern += '%';
  return pattern;
}

// What is searched for, with what may be a domain in A-labels and in U-labels.
struct Forms {
  std::string ascii;
  std::string unicode;
};

Forms forms_of(const std::string& search) {
  const auto at = search.rfind('@');
  const std::size_t begin = at == std::string::npos ? 0 : at + 1;
  const auto ascii = domain_to_ascii(search.substr(begin));
  if (!ascii) return {.ascii = search, .unicode = search};
  const std::string local = search.substr(0, begin);
  return {.ascii = local + *ascii, .unicode = local + domain_to_unicode(*ascii)};
}

}  // namespace

SqlRows rows_named(SqlConnection& connection, const std::string& sql, const std::string& folded,
                   std::size_t times) {
  const std::string other = as_others_write(folded);
  auto rows = ask(connection, sql, repeated(folded, other, times));
  if (!rows && other != folded) rows = ask(connection, sql, repeated(folded, folded, times));
  return rows.value_or(SqlRows{});
}

SqlRows page_named(SqlConnection& connection, const std::string& select, const std::string& column,
                   const Page& page, const SqlValues& first) {
  const std::string like = column + " LIKE ? ESCAPE '!'";
  const std::string sql = select + "(" + like + " OR " + like + ") ORDER BY 1 LIMIT ? OFFSET ?";
  const auto ask_for = [&](const std::string& one, const std::string& other) {
    SqlValues values = first;
    values.insert(values.end(), {pattern_of(one), pattern_of(other), bounded_count(page.limit),
                                 bounded_count(page.offset)});
    return ask(connection, sql, values);
  };
  const Forms forms = forms_of(page.search);
  auto rows = ask_for(forms.ascii, forms.unicode);
  if (!rows) rows = ask_for(forms.ascii, forms.ascii);
  return rows.value_or(SqlRows{});
}

std::int64_t bounded_count(std::size_t count) {
  constexpr std::size_t kMost = std::numeric_limits<std::int32_t>::max();
  return static_cast<std::int64_t>(std::min(count, kMost));
}

SqlValues page_values(const Page& page) {
  return {pattern_of(page.search), bounded_count(page.limit), bounded_count(page.offset)};
}

RaiseEntry raise_entry(const SqlRow& row, std::size_t at) {
  RaiseEntry entry{.limits = as_text(row.at(at)), .until = {}, .locked = as_number(row.at(at + 2)) != 0};
  if (!is_null(row.at(at + 1))) entry.until = from_millis(as_number(row.at(at + 1)));
  return entry;
}

TotalsEntry totals_entry(const SqlRow& row) {
  return {.user = as_text(row.at(0)),
          .messages = as_number(row.at(1)),
          .recipients = as_number(row.at(2)),
          .refused = as_number(row.at(3)),
          .since = from_millis(as_number(row.at(4)))};
}

}  // namespace mailreeve
