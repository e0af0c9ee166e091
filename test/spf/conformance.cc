// SPDX-License-Identifier: BSD-2-Clause
#include "test/spf/conformance.h"

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>
#include <stdexcept>

namespace mailreeve {

namespace {

using nlohmann::json;

std::string joined(const json& strings) {
  std::string out;
  for (const auto& part : strings) out += part.get<std::string>();
  return out;
}

const std::map<std::string, RecordType>& types() {
  static const std::map<std::string, RecordType> table{{"A", RecordType::A},
                                                       {"AAAA", RecordType::AAAA},
                                                       {"MX", RecordType::MX},
                                                       {"PTR", RecordType::PTR},
                                                       {"TXT", RecordType::TXT}};
  return table;
}

void fail_all_but(FakeResolver& zone, const std::string& name, const std::vector<std::string>& earlier) {
  for (const auto& [word, type] : types())
    if (std::find(earlier.begin(), earlier.end(), word) == earlier.end()) zone.fails(name, type);
}

void add_record(FakeResolver& zone, const std::string& name, const std::string& type, const json& value) {
  if (type == "A") {
    zone.a(name, value.get<std::string>());
  } else if (type == "AAAA") {
    zone.aaaa(name, value.get<std::string>());
  } else if (type == "PTR") {
    zone.ptr(name, value.get<std::string>());
  } else if (type == "CNAME") {
    zone.cname(name, value.get<std::string>());
  } else if (type == "MX") {
    zone.mx(name, value.at(0).get<unsigned>(), value.at(1).get<std::string>());
  } else if (type == "TXT") {
    zone.txt(name, joined(value));
  } else if (type == "SPF") {
    zone.empty(name);
  } else {
    throw std::runtime_error("unknown record type " + type + " at " + name);
  }
}

void add_name(FakeResolver& zone, const std::string& name, const json& records) {
  std::vector<std::string> earlier;
  for (const auto& record : records) {
    const auto type = record.at("type").get<std::string>();
    if (type == "TIMEOUT") {
      fail_all_but(zone, name, earlier);
    } else if (record.value("timeout", false)) {
      zone.fails(name, types().at(type));
    } else {
      add_record(zone, name, type, record.at("value"));
      earlier.push_back(type);
    }
  }
}

std::string text_or(const json& object, const char* key, const std::string& otherwise) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? otherwise : found->get<std::string>();
}

ConformanceCase read_case(const std::string& scenario, const json& test) {
  const auto address = IpAddress::parse(test.at("host").get<std::string>());
  if (!address) throw std::runtime_error("no address: " + test.at("host").dump());
  SpfQuery query{.client = *address,
                 .helo = text_or(test, "helo", ""),
                 .sender = Address::parse(text_or(test, "mailfrom", "")),
                 .receiver = text_or(test, "receiver", "")};
  ConformanceCase out{scenario + "/" + test.at("name").get<std::string>(), std::move(query), {}, {}};
  test.at("result").get_to(out.results);
  const auto explanation = text_or(test, "explanation", "");
  if (!explanation.empty()) out.explanation = explanation == "DEFAULT" ? "" : explanation;
  return out;
}

}  // namespace

std::string ConformanceCase::objection(const SpfOutcome& outcome) const {
  const std::string result(to_string(outcome.result));
  if (std::find(results.begin(), results.end(), result) == results.end())
    return "result " + result + ", expected " + json(results).dump() + "; problem: " + outcome.problem;
  if (outcome.result == SpfResult::Fail && explanation && *explanation != outcome.explanation)
    return "explanation \"" + outcome.explanation + "\", expected \"" + *explanation + "\"";
  return {};
}

std::vector<ConformanceScenario> read_conformance_file() {
  const char* top = std::getenv("srcdir");
  std::ifstream in(std::string(top == nullptr ? "." : top) + "/test/spf/rfc7208.json");
  if (!in) throw std::runtime_error("cannot read test/spf/rfc7208.json below $srcdir");
  std::vector<ConformanceScenario> out;
  for (const auto& scenario : json::parse(in)) {
    ConformanceScenario& next = out.emplace_back();
    next.zone.unknown_fails = [](const std::string& name) { return name.starts_with("error."); };
    for (const auto& [name, records] : scenario.at("zonedata").items()) add_name(next.zone, name, records);
    for (const auto& test : scenario.at("tests"))
      next.cases.push_back(read_case(scenario.at("description").get<std::string>(), test));
  }
  return out;
}

}  // namespace mailreeve
