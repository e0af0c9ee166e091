// SPDX-License-Identifier: BSD-2-Clause
#include "access/rule_file.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <system_error>

#include "core/ip_address.h"
#include "core/unicode.h"

namespace mailreeve {

namespace {

std::string_view without_comment(std::string_view line) { return trimmed(line.substr(0, line.find('#'))); }

bool is_regexp(std::string_view line) { return line.size() > 2 && line.front() == '/' && line.back() == '/'; }

// A name and all below it.
std::vector<AccessPattern> domain_and_below(AccessKey key, std::string_view name) {
  if (name.starts_with('.')) name.remove_prefix(1);
  return {parse_access_pattern(key, name), parse_access_pattern(key, "." + std::string(name))};
}

bool is_part_of_ipv4(std::string_view line) {
  return line.find('.') != std::string_view::npos &&
         line.find_first_not_of("0123456789.") == std::string_view::npos;
}

AccessPattern network_of_part(std::string_view line) {
  if (std::count(line.begin(), line.end(), '.') == 2)
    return parse_access_pattern(AccessKey::Client, std::string(line) + ".0/24");
  throw std::invalid_argument("\"" + std::string(line) + "\": postgrey's manual takes this for " +
                              std::string(line) + ".0.0/16, and postgrey itself for " + std::string(line) +
                              ".0.0/24; write the network that you mean");
}

// What there is to read, if that is known beforehand.
std::size_t size_of(const std::string& path) {
  std::error_code error;
  const auto size = std::filesystem::file_size(path, error);
  return error ? 0 : size;
}

}  // namespace

void RuleFileReader::object(std::string error) {
  if (errors_.size() < bounds_.errors) {
    errors_.push_back(std::move(error));
  } else {
    ++more_errors_;
  }
}

std::vector<std::string> RuleFileReader::errors() const {
  std::vector<std::string> out = errors_;
  if (more_errors_ > 0) out.push_back("and " + std::to_string(more_errors_) + " more errors");
  return out;
}

std::string RuleFileReader::read_whole(const std::string& path) {
  std::error_code error;
  const auto status = std::filesystem::status(path, error);
  // A pipe would keep us waiting.
  if (!error && std::filesystem::exists(status) && !std::filesystem::is_regular_file(status))
    throw std::invalid_argument(path + " is not a regular file");
  errno = 0;
  std::ifstream in(path, std::ios::binary);
  if (!in) throw std::invalid_argument(path + " cannot be opened: " + std::strerror(errno));
  std::string out(std::min(bounds_.octets - octets_, size_of(path)) + 1, 0);
  in.read(out.data(), static_cast<std::streamsize>(out.size()));
  out.resize(static_cast<std::size_t>(in.gcount()));
  if (in.bad()) throw std::invalid_argument(path + " cannot be read: " + std::strerror(errno));
  if (out.size() > bounds_.octets - octets_)
    throw std::invalid_argument(path + ": the files of rules and lists may have " +
                                std::to_string(bounds_.octets) + " octets in all");
  octets_ += out.size();
  return out;
}

// Without blanks at both ends; empty lines are left out.
template <class Line>
void RuleFileReader::for_each_line(const std::string& path, Line line) {
  const std::string text = read_whole(path);
  std::string_view rest = text;
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (rest.starts_with(kByteOrderMark)) rest.remove_prefix(kByteOrderMark.size());
  for (std::size_t number = 1; !rest.empty(); ++number) {
    const std::string where = path + ":" + std::to_string(number);
    if (++lines_ > bounds_.lines)
      throw std::invalid_argument(where + ": the files of rules and lists may have " +
                                  std::to_string(bounds_.lines) + " lines in all");
    const auto end = std::min(rest.find('\n'), rest.size());
    const auto each = trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (each.empty()) continue;
    try {
      line(each, where);
    } catch (const std::invalid_argument& error) {
      object(where + ": " + error.what());
    }
  }
}

void RuleFileReader::read_rules(const std::string& path) {
  read([&] { read_file(path); });
}

// What keeps a file that an option names from being read at all.
template <class Read>
void RuleFileReader::read(Read file) {
  try {
    file();
  } catch (const std::invalid_argument& error) {
    object(error.what());
  }
}

void RuleFileReader::read_file(const std::string& path) {
  open_.push_back(path);
  try {
    for_each_line(path,
                  [&](std::string_view line, const std::string& where) { take_line(path, where, line); });
  } catch (...) {
    open_.pop_back();
    throw;
  }
  open_.pop_back();
}

void RuleFileReader::take_line(const std::string& path, const std::string& where, std::string_view line) {
  if (line.starts_with('#')) return;
  constexpr std::string_view kInclude = "include";
  if (line.starts_with(kInclude) && line.substr(kInclude.size()).find_first_of(" \t") == 0)
    return include(path, trimmed(line.substr(kInclude.size())));
  AccessRule rule = parse_access_rule(
      line, [this](AccessKey key, const std::string& list) { return read_list(key, list); });
  rule.source = where;
  rules_.push_back(std::move(rule));
}

void RuleFileReader::include(const std::string& path, std::string_view name) {
  const std::string file = std::filesystem::path(path).parent_path() / std::string(name);
  if (std::find(open_.begin(), open_.end(), file) != open_.end())
    throw std::invalid_argument(file + " includes itself");
  if (open_.size() >= bounds_.depth)
    throw std::invalid_argument("files may include each other " + std::to_string(bounds_.depth) + " deep");
  read_file(file);
}

std::shared_ptr<const AccessList> RuleFileReader::read_list(AccessKey key, const std::string& path) {
  if (key == AccessKey::Direction || key == AccessKey::Spf || key == AccessKey::Time)
    throw std::invalid_argument("takes no list");
  auto& known = lists_[{key, path}];
  if (known) return known;
  const auto list = std::make_shared<AccessList>(AccessList{.path = path, .patterns = {}});
  // Known from now on, so that its errors are told once.
  known = list;
  for_each_line(path, [&](std::string_view line, const std::string&) {
    if (line.starts_with('#')) return;
    if (line.front() != '/') line = trimmed(line.substr(0, std::min(line.find(" #"), line.find("\t#"))));
    if (line.front() == '!') throw std::invalid_argument("a list takes no \"!\"");
    list->patterns.push_back(parse_access_pattern(key, line));
  });
  return list;
}

void RuleFileReader::add_skip(AccessKey key, std::vector<AccessPattern> patterns, const std::string& where) {
  AccessRule rule;
  rule.action = AccessAction::Skip;
  rule.skips.add(Skip::Greylist);
  rule.conditions.push_back({.key = key, .negated = false, .written = std::move(patterns), .list = {}});
  rule.source = where;
  rules_.push_back(std::move(rule));
}

void RuleFileReader::read_postgrey_clients(const std::string& path) {
  read([&] {
    for_each_line(path, [&](std::string_view line, const std::string& where) {
      line = without_comment(line);
      if (line.empty()) return;
      if (is_regexp(line))
        return add_skip(AccessKey::ClientName, {parse_access_pattern(AccessKey::ClientName, line)}, where);
      if (Network::parse(line))
        return add_skip(AccessKey::Client, {parse_access_pattern(AccessKey::Client, line)}, where);
      if (is_part_of_ipv4(line)) return add_skip(AccessKey::Client, {network_of_part(line)}, where);
      add_skip(AccessKey::ClientName, domain_and_below(AccessKey::ClientName, line), where);
    });
  });
}

void RuleFileReader::read_postgrey_recipients(const std::string& path) {
  read([&] {
    for_each_line(path, [&](std::string_view line, const std::string& where) {
      line = without_comment(line);
      if (line.empty()) return;
      if (is_regexp(line))
        return add_skip(AccessKey::Recipient, {parse_access_pattern(AccessKey::Recipient, line)}, where);
      if (line.find('@') != std::string_view::npos)
        return add_skip(AccessKey::Recipient, {parse_access_pattern(AccessKey::Recipient, line)}, where);
      add_skip(AccessKey::Recipient, domain_and_below(AccessKey::Recipient, line), where);
    });
  });
}

}  // namespace mailreeve
