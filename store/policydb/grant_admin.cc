// SPDX-License-Identifier: BSD-2-Clause
#include "store/policydb/grant_admin.h"

#include <algorithm>

#include "core/domain_names.h"
#include "store/policydb/policy_lookup.h"
#include "store/policydb/policy_names.h"

namespace mailreeve {

namespace {

using Kind = PolicyAdminError::Kind;

// How many lines of an import go into one transaction; fewer where one of them cannot be done.
constexpr std::size_t kImportStep = 100;
// In an import, for a quota.
constexpr std::string_view kNoQuota = "none";

// A thing that a user may send as, and the table that says so.
struct Grant {
  const Noun& noun;
  std::string table;
  std::string column;
};

Grant grant_of(const std::string& what) {
  if (what.find('@') != std::string::npos)
    return {.noun = kAddressNoun, .table = "email_user", .column = "email_id"};
  return {.noun = kDomainNoun, .table = "domain_user", .column = "domain_id"};
}

Named need_or_add(SqlConnection& connection, const Noun& noun, const std::string& name, bool create) {
  return create ? find_or_add(connection, noun, name) : need(connection, noun, name);
}

bool allow_one(SqlConnection& connection, const std::string& user, const std::string& what, bool create) {
  const Grant grant = grant_of(what);
  // Both are looked at before anything is added.
  refuse_pattern(grant.noun, what);
  folded(grant.noun, what);
  if (!create) need(connection, grant.noun, what);
  const Named who = need_or_add(connection, kUserNoun, user, create);
  const Named whose = need_or_add(connection, grant.noun, what, create);
  try {
    connection.change("INSERT INTO " + grant.table + " (user_id, " + grant.column + ") VALUES (?, ?)",
                      {who.id, whose.id});
    return true;
  } catch (const SqlError& error) {
    if (error.kind() != SqlError::Kind::Duplicate) throw;
    return false;
  }
}

bool deny_one(SqlConnection& connection, const std::string& user, const std::string& what) {
  const Grant grant = grant_of(what);
  const Named who = need(connection, kUserNoun, user);
  const Named whose = need(connection, grant.noun, what);
  return connection.change("DELETE FROM " + grant.table + " WHERE user_id = ? AND " + grant.column + " = ?",
                           {who.id, whose.id}) > 0;
}

bool set_one_quota(SqlConnection& connection, const std::string& user, const std::string& quota,
                   bool create) {
  if (quota.empty())
    return connection.change("DELETE FROM quota_user WHERE user_id = ?",
                             {need_or_add(connection, kUserNoun, user, create || user == kEverybody).id}) > 0;
  const Named what = need(connection, kQuotaNoun, quota);
  const Named who = need_or_add(connection, kUserNoun, user, create || user == kEverybody);
  return put_quota(connection, "quota_user", "user_id", who.id, what.id);
}

std::string_view trimmed(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r");
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(" \t\r") - begin + 1);
}

struct Order {
  std::string_view verb;
  std::string user;
  std::string what;
};

// "verb:user:what"; a user's name may have colons, the others have none.
Order order_of(std::string_view line) {
  const auto first = line.find(':');
  const auto last = line.rfind(':');
  if (first == std::string_view::npos || first == last) return {};
  return {.verb = trimmed(line.substr(0, first)),
          .user = std::string(trimmed(line.substr(first + 1, last - first - 1))),
          .what = std::string(trimmed(line.substr(last + 1)))};
}

bool is_no_quota(const std::string& name) { return fold_quota(name) == kNoQuota; }

// What an admin may have to be warned of.
void note_done(Order order, ImportReport& report) {
  report.everything_to_everybody |=
      order.verb == "allow" && order.user == kEverybody && order.what == kEverybody;
  if (order.verb == "deny")
    report.denied.push_back(std::move(order.user));
  else if (order.verb == "quota" && is_no_quota(order.what))
    report.without_quota.push_back(std::move(order.user));
}

void import_line(SqlConnection& connection, std::string_view line, bool create) {
  const auto& [verb, user, what] = order_of(line);
  if (verb == "allow")
    allow_one(connection, user, what, create);
  else if (verb == "deny")
    deny_one(connection, user, what);
  else if (verb == "quota" && !what.empty())
    set_one_quota(connection, user, is_no_quota(what) ? "" : what, create);
  else
    refuse_invalid("a line is allow:USER:WHAT, deny:USER:WHAT, quota:USER:QUOTA or quota:USER:none");
}

// A name may have a "#" in it.
std::string_view without_comment(std::string_view line) {
  for (std::size_t at = line.find('#'); at != std::string_view::npos; at = line.find('#', at + 1))
    if (at == 0 || line[at - 1] == ' ' || line[at - 1] == '\t') return line.substr(0, at);
  return line;
}

std::vector<ImportLine> lines_of(std::string_view text) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  std::vector<ImportLine> lines;
  if (text.starts_with(kByteOrderMark)) text.remove_prefix(kByteOrderMark.size());
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = std::min(text.find('\n'), text.size());
    const std::string_view line = trimmed(without_comment(text.substr(0, end)));
    if (!line.empty()) lines.push_back({.number = number, .text = line});
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return lines;
}

}  // namespace

bool GrantAdmin::allow(const std::string& user, const std::string& what, bool create) {
  return database_.change(
      [&](SqlConnection& connection) { return allow_one(connection, user, what, create); });
}

bool GrantAdmin::deny(const std::string& user, const std::string& what) {
  return database_.change([&](SqlConnection& connection) { return deny_one(connection, user, what); });
}

bool GrantAdmin::set_quota(const std::string& user, const std::string& quota) {
  return database_.change(
      [&](SqlConnection& connection) { return set_one_quota(connection, user, quota, false); });
}

ImportReport GrantAdmin::import_lines(std::string_view text, bool create) {
  ImportReport report;
  const std::vector<ImportLine> lines = lines_of(text);
  for (std::size_t at = 0; at < lines.size(); at += kImportStep)
    import_step(std::span(lines).subspan(at, std::min(kImportStep, lines.size() - at)), create, report);
  return report;
}

// What a line that cannot be done has done already must not stay.
void GrantAdmin::import_step(std::span<const ImportLine> lines, bool create, ImportReport& report) {
  try {
    database_.change([&](SqlConnection& connection) {
      for (const ImportLine& line : lines) import_line(connection, line.text, create);
    });
    report.done += lines.size();
    for (const ImportLine& line : lines) note_done(order_of(line.text), report);
  } catch (const PolicyAdminError& error) {
    // No other line can be done, either.
    if (error.kind() == Kind::Tables) throw;
    if (lines.size() == 1) {
      report.problems.push_back({.line = lines[0].number, .text = error.what()});
      return;
    }
    const std::size_t half = lines.size() / 2;
    import_step(lines.first(half), create, report);
    import_step(lines.subspan(half), create, report);
  }
}

}  // namespace mailreeve
