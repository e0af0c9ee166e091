// SPDX-License-Identifier: BSD-2-Clause
#include "config/options.h"

#include <algorithm>
#include <array>
#include <ostream>
#include <stdexcept>
#include <vector>

#include "config/mdoc.h"
#include "config/option_rows.h"
#include "config/spelling.h"

namespace mailreeve {

namespace {

// "greylist" of "greylist.delay", "" of "socket".
std::string_view section_of(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? std::string_view() : name.substr(0, dot);
}

std::string_view short_name(std::string_view name) {
  const auto dot = name.find('.');
  return dot == std::string_view::npos ? name : name.substr(dot + 1);
}

std::vector<std::string_view> section_names() {
  std::vector<std::string_view> out;
  for (const auto& row : option_table())
    if (const auto section = section_of(row.name); !section.empty() && (out.empty() || out.back() != section))
      out.push_back(section);
  return out;
}

template <typename Section, typename Option>
void for_each_row(Section section, Option option) {
  std::string_view current;
  for (const auto& row : option_table()) {
    if (section_of(row.name) != current) {
      current = section_of(row.name);
      section(current);
    }
    option(row);
  }
}

}  // namespace

std::span<const OptionRow> option_table() {
  static const std::vector<OptionRow> table = [] {
    std::vector<OptionRow> rows;
    for (auto* section : {general_rows, access_rows, reputation_rows, greylist_rows, spf_rows, header_rows,
                          identity_rows, sender_auth_rows, quota_rows, message_rows, notify_rows})
      for (auto& each : section()) rows.push_back(std::move(each));
    return rows;
  }();
  return table;
}

const OptionRow* find_option(std::string_view name) {
  for (const auto& row : option_table())
    if (row.name == name) return &row;
  return nullptr;
}

std::string_view nearest_option(std::string_view name) {
  const auto table = option_table();
  // "grelist.delay" is near "greylist.delay"; "delay" before its section is, too.
  const auto score = [&](const OptionRow& row) {
    return std::min(spelling_distance(name, row.name) * 2,
                    spelling_distance(short_name(name), short_name(row.name)) * 2 + 1);
  };
  return std::min_element(table.begin(), table.end(),
                          [&](const auto& a, const auto& b) { return score(a) < score(b); })
      ->name;
}

std::string option_hint(std::string_view name, std::string_view prefix) {
  const std::string meant = "did you mean " + std::string(prefix);
  const std::string option(nearest_option(name));
  const std::string section(section_of(name));
  const auto sections = section_names();
  const bool known =
      section.empty() || std::find(sections.begin(), sections.end(), section) != sections.end();
  if (known || is_spelt_like(name, option)) return meant + option + "?";
  std::string why = "there is no section " + section;
  const std::string near(nearest_name(section, sections));
  if (near.empty()) return why;
  const std::string there = near + "." + std::string(short_name(name));
  return find_option(there) == nullptr ? why + "; did you mean " + near + "?" : meant + there + "?";
}

void dump_config(const Settings& settings, std::ostream& out) {
  for_each_row([&](std::string_view section) { out << "\n[" << section << "]\n"; },
               [&](const OptionRow& row) {
                 const std::string value = row.get(settings);
                 out << short_name(row.name) << " =" << (value.empty() ? "" : " ") << value << '\n';
               });
}

void dump_sample(std::ostream& out) {
  const Settings defaults;
  out << "# mailreeve.conf: configuration of mailreeve(8); see mailreeve.conf(5).\n"
         "# Every option with its default. Remove the \"#\" to change one.\n";
  for_each_row([&](std::string_view section) { out << "\n\n[" << section << "]\n"; },
               [&](const OptionRow& row) {
                 const std::string value = row.get(defaults);
                 out << "\n# " << row.help << "\n#" << short_name(row.name) << " ="
                     << (value.empty() ? "" : " ") << value << '\n';
               });
}

void dump_options_manual(std::ostream& out) {
  const Settings defaults;
  out << ".Ss Before the first section\n.Bl -tag -width Ds\n";
  for_each_row(
      [&](std::string_view section) { out << ".El\n.Ss Section " << section << "\n.Bl -tag -width Ds\n"; },
      [&](const OptionRow& row) {
        const std::string value = row.get(defaults);
        out << ".It Cm " << short_name(row.name) << " = Ar " << row.metavar << '\n';
        out << mdoc_text(row.help) << mdoc_text(row.manual) << ".Pp\n";
        out << (value.empty() ? "Default: empty.\n" : "Default:\n.Dl " + value + "\n");
        if (!row.reloadable) out << "Takes effect at a start only.\n";
      });
  out << ".El\n";
}

}  // namespace mailreeve
