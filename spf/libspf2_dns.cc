// SPDX-License-Identifier: BSD-2-Clause
#include "spf/libspf2_dns.h"

#include <algorithm>
#include <utility>

#include "core/idna.h"
#include "spf/ascii.h"
#include "spf/libspf2_guard.h"
#include "spf/record.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;

DnsAnswer with(Status status) {
  DnsAnswer out;
  out.status = status;
  return out;
}

std::string_view outcome_of(const DnsAnswer& answer) {
  switch (answer.status) {
    case Status::Found:
      return "found";
    case Status::NoData:
      return "no such record";
    case Status::NoName:
      return "no such name";
    case Status::TryAgain:
      return "failed";
    case Status::BadName:
      return "no name for DNS";
  }
  return {};
}

}  // namespace

DnsAnswer GuardedDns::ask(const std::string& name, RecordType type) {
  const bool first = questions_ == 0;
  const auto line = trace_.begin(0, std::string(to_string(type)) + " " + name);
  DnsAnswer answer = limited(name, type);
  if (first) first_lookup_ = answer.status;
  trace_.end(line, refusal_.empty() ? outcome_of(answer) : refusal_);
  return answer;
}

const std::string* GuardedDns::record_of(const std::string& name) const {
  const auto found = records_.find(ascii_lower(name));
  return found == records_.end() ? nullptr : &found->second;
}

// The lookup of the first record does not count.
bool GuardedDns::is_a_term_s(const std::string& name, RecordType type) const {
  const bool address = type == RecordType::A || type == RecordType::AAAA;
  return questions_ > 1 && !(address && handed_out_.contains(ascii_lower(name)));
}

DnsAnswer GuardedDns::limited(const std::string& name, RecordType type) {
  const SpfLimits& limits = lookups_.limits();
  if (!refusal_.empty()) return with(Status::TryAgain);
  if (++questions_ > 1 + limits.terms * (1 + std::max(limits.mx_hosts, limits.ptr_names)))
    return refuse("too many DNS lookups");
  const bool term = is_a_term_s(name, type);
  if (term && !lookups_.count_terms(1)) return refuse("too many terms that look into DNS");
  DnsAnswer answer = lookups_.ask(name, type);
  if (term && is_void(answer) && !lookups_.count_void()) return refuse("too many lookups without an answer");
  if (answer.exchangers.size() > limits.mx_hosts) return refuse("too many MX of " + name);
  if (type == RecordType::TXT) return records_only(name, std::move(answer));
  hand_out(answer);
  return answer;
}

DnsAnswer GuardedDns::refuse(std::string_view why) {
  refusal_ = printable(why);
  return with(Status::TryAgain);
}

// Passes on only SPF records, without their exp=, so that libspf2 never compiles an explanation.
DnsAnswer GuardedDns::records_only(const std::string& name, DnsAnswer answer) {
  std::erase_if(answer.texts, [](const std::string& text) { return !is_spf_record(text); });
  for (std::string& text : answer.texts) {
    for (const std::string& problem : {danger_in_record(text), fault_in_explanation(text)})
      if (!problem.empty()) return refuse(std::string(problem).append(" in the SPF record of ").append(name));
    records_[ascii_lower(name)] = text;
    text = without_explanations(text);
  }
  if (answer.status == Status::Found && answer.texts.empty()) answer.status = Status::NoData;
  return answer;
}

void GuardedDns::hand_out(DnsAnswer& answer) {
  std::erase_if(answer.exchangers, [](const MailExchanger& exchanger) { return exchanger.host.empty(); });
  const std::size_t most = lookups_.limits().ptr_names;
  if (answer.names.size() > most) answer.names.resize(most);
  for (const auto& exchanger : answer.exchangers) handed_out_.insert(ascii_lower(exchanger.host));
  for (const auto& name : answer.names) handed_out_.insert(ascii_lower(name));
}

}  // namespace mailreeve
