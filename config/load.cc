// SPDX-License-Identifier: BSD-2-Clause
#include "config/load.h"

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <set>

#include "config/options.h"
#include "util/url.h"

namespace mailreeve {

namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(kBlanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

// What may be a password in a URL is not shown.
std::string shown_value(std::string_view option, std::string_view value) {
  const bool is_url = option.ends_with("url") || option == "notify.sendmail";
  return is_url ? shown_url(value) : std::string(value);
}

// Reads everything, so that the admin sees all errors at once. Not by
// Boost.Program_options: its reader cuts a value at "#", which a reply's text
// may contain, and cannot tell the line of an error.
class Loader {
 public:
  explicit Loader(std::string file) : file_(std::move(file)) {}

  void read(std::istream& in) {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    std::string line;
    for (line_ = 1; std::getline(in, line); ++line_) {
      if (line_ == 1 && line.starts_with(kByteOrderMark)) line.erase(0, kByteOrderMark.size());
      take_line(trimmed(line));
    }
    if (in.bad()) errors_ += file_ + ": cannot be read: " + std::strerror(errno) + "\n";
  }

  void override_with(const Overrides& overrides) {
    for (const auto& [name, value] : overrides) set("command line", name, value);
  }

  Settings readable() { return std::move(settings_); }

  Settings finish(const Review& review, std::string* warnings) {
    if (errors_.empty()) check();
    if (review)
      for (const auto& [option, why, fatal] : review(settings_))
        if (!unread_.contains(option)) (fatal ? errors_ : warnings_) += complaint({option}, why);
    if (warnings != nullptr) *warnings = warnings_;
    if (errors_.empty()) return std::move(settings_);
    errors_.pop_back();
    throw ConfigError(errors_);
  }

 private:
  std::string here() const { return file_ + ":" + std::to_string(line_); }

  void take_line(std::string_view line) {
    if (line.empty() || line.front() == '#') return;
    if (line.front() == '[') return take_section(line);
    const auto equals = line.find('=');
    if (equals == std::string_view::npos) {
      errors_ += here() + ": \"" + shown_url(line) + "\" is neither \"name = value\" nor \"[section]\"\n";
      return;
    }
    const auto name = trimmed(line.substr(0, equals));
    const std::string full = section_.empty() ? std::string(name) : section_ + "." + std::string(name);
    const auto [before, first] = seen_.emplace(full, line_);
    if (!first) {
      errors_ += here() + ": " + full + ": already set in line " + std::to_string(before->second) + "\n";
      return;
    }
    set(here(), full, trimmed(line.substr(equals + 1)));
  }

  void take_section(std::string_view line) {
    if (line.back() == ']') {
      section_ = trimmed(line.substr(1, line.size() - 2));
      return;
    }
    errors_ += here() + ": \"" + std::string(line) + "\": a section's name needs \"]\" behind it\n";
  }

  void set(const std::string& where, const std::string& name, std::string_view value) {
    const OptionRow* row = find_option(name);
    if (row == nullptr) {
      errors_ += where + ": unknown option " + name + "; " + option_hint(name) + "\n";
      return;
    }
    where_[name] = where;
    try {
      row->set(settings_, value);
    } catch (const std::invalid_argument& error) {
      errors_ += where + ": " + name + " = " + shown_value(name, value) + ": " + error.what() + "\n";
      unread_.insert(name);
    }
  }

  // What one option says of another. Blamed on the first that was set.
  void require(bool fine, std::initializer_list<std::string_view> options, std::string_view sentence) {
    if (!fine) errors_ += complaint(options, sentence);
  }

  std::string complaint(std::initializer_list<std::string_view> options, std::string_view sentence) const {
    std::string where;
    for (const auto& option : options)
      if (const auto found = where_.find(option); where.empty() && found != where_.end())
        where = found->second;
    std::string values;
    for (const auto& option : options)
      values += (values.empty() ? "" : ", ") + std::string(option) + " = " +
                shown_value(option, find_option(option)->get(settings_));
    return (where.empty() ? file_ : where) + ": " + values + ": " + std::string(sentence) + "\n";
  }

  void check() {
    const GreylistRules& rules = settings_.greylist.rules;
    require(rules.delay < rules.retry_window, {"greylist.delay", "greylist.retry-window"},
            "the delay must be shorter than the retry window, or no mail would ever pass");
    if (rules.early_retry != EarlyRetry::Penalty) return;
    require(rules.delay <= rules.max_delay, {"greylist.max-delay", "greylist.delay"},
            "the longest delay must not be shorter than the delay");
    require(rules.max_delay < rules.retry_window, {"greylist.max-delay", "greylist.retry-window"},
            "the longest delay must be shorter than the retry window, or mail might never pass");
  }

  std::string file_;
  std::size_t line_ = 0;
  std::string section_;
  Settings settings_;
  std::map<std::string, std::size_t> seen_;
  std::map<std::string, std::string, std::less<>> where_;
  std::set<std::string> unread_;  // options whose value could not be taken
  std::string errors_;
  std::string warnings_;
};

}  // namespace

Settings readable_settings(const std::string& file) {
  std::ifstream in(file);
  Loader loader(file);
  loader.read(in);
  return loader.readable();
}

Settings load_settings(const std::string& file, const Overrides& overrides, const Review& review,
                       std::string* warnings) {
  std::ifstream in(file);
  if (!in) throw ConfigError(file + ": cannot be opened: " + std::strerror(errno));
  return load_settings(in, file, overrides, review, warnings);
}

Settings load_settings(std::istream& in, const std::string& file, const Overrides& overrides,
                       const Review& review, std::string* warnings) {
  Loader loader(file);
  loader.read(in);
  loader.override_with(overrides);
  return loader.finish(review, warnings);
}

}  // namespace mailreeve
