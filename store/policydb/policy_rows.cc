// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/policy_rows.h"

#include <algorithm>
#include <iterator>
#include <limits>
#include <optional>

#include "core/domain_names.h"
#include "core/idna.h"
#include "store/policydb/policy_names.h"

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

bool is_ascii(const std::string& text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

SqlValues in_two_forms(const std::vector<std::string>& first, const std::vector<std::string>& second) {
  SqlValues values;
  for (std::size_t i = 0; i < first.size(); ++i) {
    values.emplace_back(first[i]);
    values.emplace_back(second[i]);
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

SqlRows rows_named(SqlConnection& connection, const std::string& sql,
                   const std::vector<std::string>& folded) {
  std::vector<std::string> others;
  std::transform(folded.begin(), folded.end(), std::back_inserter(others), as_others_write);
  auto rows = ask(connection, sql, in_two_forms(folded, others));
  if (!rows && others != folded) rows = ask(connection, sql, in_two_forms(folded, folded));
  if (rows) return *rows;
  // The others may be in a row.
  std::vector<std::string> fit = folded;
  for (std::string& name : fit)
    if (!is_ascii(name)) name.clear();
  return ask(connection, sql, in_two_forms(fit, fit)).value_or(SqlRows{});
}

std::vector<std::string> storable_names_of(std::string_view domain) {
  std::vector<std::string> names = names_of(domain);
  std::erase_if(names, [](const std::string& name) {
    return length(name) > kDomainLength || fold_domain(name) != name;
  });
  while ((names.size() & (names.size() - 1)) != 0) names.emplace_back(kEverybody);
  return names;
}

std::string in_names(std::size_t count) {
  std::string out = "IN (?, ?";
  for (std::size_t i = 1; i < count; ++i) out += ", ?, ?";
  return out + ")";
}

std::size_t place_of(const std::vector<std::string>& names, const std::string& name) {
  const auto folded = fold_domain(name);
  return static_cast<std::size_t>(folded ? std::find(names.begin(), names.end(), *folded) - names.begin()
                                         : std::ssize(names));
}

DomainPolicy nearest_domain(SqlConnection& connection, const std::vector<std::string>& names) {
  DomainPolicy policy;
  std::size_t nearest = names.size();
  for (const SqlRow& row : rows_named(
           connection, "SELECT name, greylist, check_spf FROM domains WHERE name " + in_names(names.size()),
           names)) {
    const std::string name = as_text(row[0]);
    const std::size_t place = place_of(names, name);
    // The name may stand there twice, in A-labels and in U-labels.
    if (place > nearest || place == names.size() || (place == nearest && name != names[place])) continue;
    nearest = place;
    policy = {.known = true,
              .of = names[place],
              .greylist = as_number(row[1]) != 0,
              .check_spf = as_number(row[2]) != 0};
  }
  return policy;
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

}  // namespace mailreeve
