// SPDX-License-Identifier: BSD-2-Clause
#include "admin/command.h"

#include "admin/when.h"
#include "config/value.h"
#include "core/idna.h"
#include "policies/identity.h"
#include "store/policydb/policy_names.h"

namespace mailreeve {

std::string Call::name_or_none(std::size_t index) const {
  return ascii_lower(words[index]) == "none" ? "" : words[index];
}

std::string Call::user(const std::string& name) const {
  if (const auto client = IpAddress::parse(name))
    return client_user(*client, site.settings().quota.ipv6_prefix);
  const auto user = fold_user(name);
  if (!user) throw UsageError("\"" + name + "\" cannot be the name of a user");
  return *user;
}

std::string Call::rest(std::size_t first) const {
  std::string out;
  for (std::size_t i = first; i < words.size(); ++i) out += (out.empty() ? "" : " ") + words[i];
  return out;
}

std::size_t Call::number(const std::string& name, std::size_t otherwise) const {
  if (!has(name)) return otherwise;
  unsigned out = 0;
  try {
    read_value(option(name), out);
  } catch (const std::invalid_argument& error) {
    throw UsageError("--" + name + " " + option(name) + ": " + error.what());
  }
  return out;
}

Page Call::page() const {
  const Page usual;
  return {.search = option("search"),
          .offset = number("offset", usual.offset),
          .limit = number("limit", usual.limit)};
}

std::optional<TimePoint> Call::when(const std::string& name, Ahead ahead) const {
  if (!has(name)) return std::nullopt;
  const std::string text = option(name);
  if (const auto span = parse_duration(text)) return site.now() + (ahead == Ahead::Yes ? *span : -*span);
  if (const auto time = parse_time(text)) return time;
  if (const auto day = parse_day(text, site.now())) return day;
  throw UsageError("--" + name + " is a duration such as 90m or 3d, a time such as \"2026-11-21 10:00\" or " +
                   "2026-11-21T10:00:00Z, or today, yesterday or tomorrow, not " + text);
}

Answer list_of(const Call& call, std::vector<std::string> columns,
               const std::function<JsonValue(const Page&)>& rows_of) {
  Page page = call.page();
  const std::size_t shown = page.limit;
  // One more says whether there are more.
  ++page.limit;
  Answer out{.json = rows_of(page), .columns = std::move(columns)};
  cut(out, shown, "--offset " + std::to_string(page.offset + shown));
  return out;
}

void cut(Answer& list, std::size_t shown, const std::string& how) {
  if (list.json.size() <= shown) return;
  list.json.erase(list.json.begin() + static_cast<std::ptrdiff_t>(shown), list.json.end());
  list.warnings.push_back("only " + std::to_string(shown) + " are shown: " + how + " shows more");
}

Answer changed(const std::string& sentence, bool different) {
  return {.json = {{"changed", different}}, .lines = {sentence}};
}

}  // namespace mailreeve
