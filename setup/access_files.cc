// SPDX-License-Identifier: BSD-2-Clause
#include "setup/access_files.h"

#include <string>
#include <string_view>

#include "access/rule_file.h"

namespace mailreeve {

namespace {

// Calls `done` with the name of each option whose files have been read.
template <class Done>
void read_all(const AccessSettings& settings, RuleFileReader& reader, Done done) {
  for (const auto& path : settings.rules) reader.read_rules(path);
  done("access.rules");
  for (const auto& path : settings.postgrey_clients) reader.read_postgrey_clients(path);
  done("access.postgrey-clients");
  for (const auto& path : settings.postgrey_recipients) reader.read_postgrey_recipients(path);
  done("access.postgrey-recipients");
}

}  // namespace

std::vector<AccessRule> read_access_files(const AccessSettings& settings) {
  RuleFileReader reader;
  read_all(settings, reader, [](std::string_view) {});
  std::string all;
  for (const auto& error : reader.errors()) all.append(all.empty() ? "" : "\n").append(error);
  if (!all.empty()) throw ConfigError(all);
  return reader.take();
}

std::vector<Objection> review_access_files(const AccessSettings& settings) {
  RuleFileReader reader;
  std::vector<Objection> out;
  read_all(settings, reader, [&](std::string_view option) {
    const auto errors = reader.errors();
    for (std::size_t i = out.size(); i < errors.size(); ++i)
      out.push_back({.option = std::string(option), .why = errors[i]});
  });
  return out;
}

}  // namespace mailreeve
