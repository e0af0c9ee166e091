// SPDX-License-Identifier: BSD-2-Clause
#include "spf/lookups.h"

#include <algorithm>

#include "spf/ascii.h"
#include "spf/identity.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;

DnsAnswer too_late() {
  DnsAnswer out;
  out.problem = "out of time";
  return out;
}

}  // namespace

bool Lookups::count_terms(unsigned terms) {
  terms_ += terms;
  return terms_ <= limits_.terms;
}

bool Lookups::count_void() { return ++voids_ <= limits_.void_lookups; }

DnsAnswer Lookups::ask(const std::string& name, RecordType type) {
  if (out_of_time()) return too_late();
  const auto expected = std::find_if(expected_.begin(), expected_.end(), [&](const Question& question) {
    return question.type == type && question.name == name;
  });
  if (expected != expected_.end()) expected_.erase(expected);
  return resolver_.resolve(Question{name, type}, deadline_);
}

// The caller asks the first question at once anyway.
void Lookups::expect(std::vector<Question> questions) {
  const std::size_t begun = terms_ + expected_.size();
  const std::size_t room = limits_.terms > begun ? limits_.terms - begun : 0;
  if (questions.size() > room) questions.resize(room);
  if (questions.size() < 2 || out_of_time()) return;
  questions.erase(questions.begin());
  resolver_.expect(questions);
  expected_.insert(expected_.end(), questions.begin(), questions.end());
}

std::vector<DnsAnswer> Lookups::ask_addresses(const std::vector<std::string>& names) {
  if (names.empty()) return {};
  if (out_of_time()) return std::vector<DnsAnswer>(names.size(), too_late());
  std::vector<Question> questions;
  questions.reserve(names.size());
  for (const auto& name : names) questions.push_back({name, address_type()});
  return resolver_.resolve(std::span<const Question>(questions), deadline_);
}

const ClientNames& Lookups::client_names() {
  if (!names_) names_ = validate();
  return *names_;
}

Question Lookups::client_names_question() const { return {reverse_name(client_), RecordType::PTR}; }

ClientNames Lookups::validate() {
  ClientNames out;
  const std::string reverse = client_names_question().name;
  DnsAnswer pointers = ask(reverse, RecordType::PTR);
  if (pointers.status == Status::TryAgain) out.problem = describe_failure(reverse, RecordType::PTR, pointers);
  auto& names = pointers.names;
  if (names.size() > limits_.ptr_names) names.resize(limits_.ptr_names);
  const auto answers = ask_addresses(names);
  for (std::size_t i = 0; i < answers.size(); ++i) {
    // A name whose address lookup fails is skipped (section 5.5).
    out.found = out.found || is_there(answers[i]);
    if (has_address(answers[i], client_)) out.validated.push_back(names[i]);
  }
  return out;
}

std::string_view to_string(RecordType type) {
  switch (type) {
    case RecordType::A:
      return "A";
    case RecordType::AAAA:
      return "AAAA";
    case RecordType::MX:
      return "MX";
    case RecordType::PTR:
      return "PTR";
    case RecordType::TXT:
      return "TXT";
  }
  return "?";
}

bool is_void(const DnsAnswer& answer) {
  switch (answer.status) {
    case Status::NoData:
    case Status::NoName:
      return true;
    case Status::Found:
      return answer.addresses.empty() && answer.exchangers.empty() && answer.names.empty() &&
             answer.texts.empty();
    default:
      return false;
  }
}

bool is_there(const DnsAnswer& answer) {
  return answer.status != DnsAnswer::Status::NoName && answer.status != DnsAnswer::Status::BadName;
}

bool has_address(const DnsAnswer& answer, const IpAddress& address) {
  return std::find(answer.addresses.begin(), answer.addresses.end(), address) != answer.addresses.end();
}

std::string describe_failure(const std::string& name, RecordType type, const DnsAnswer& answer) {
  std::string out = "DNS lookup failed: ";
  out.append(to_string(type)).append(" ").append(printable(name, 253));
  if (!answer.problem.empty()) out.append(": ").append(printable(answer.problem, 200));
  return out;
}

}  // namespace mailreeve
