// SPDX-License-Identifier: BSD-2-Clause
#include "spf/libspf2_engine.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/types.h>

extern "C" {
#include <spf2/spf.h>
#include <spf2/spf_dns.h>
#include <spf2/spf_dns_rr.h>
#include <spf2/spf_server.h>
}

#include <cstring>
#include <memory>
#include <new>
#include <optional>
#include <utility>

#include "spf/ascii.h"
#include "spf/evaluation.h"
#include "spf/identity.h"
#include "spf/libspf2_dns.h"
#include "spf/libspf2_guard.h"
#include "spf/record.h"

namespace mailreeve {

namespace {

using Status = DnsAnswer::Status;
using Server = std::unique_ptr<SPF_server_t, decltype(&SPF_server_free)>;
using Request = std::unique_ptr<SPF_request_t, decltype(&SPF_request_free)>;
using Response = std::unique_ptr<SPF_response_t, decltype(&SPF_response_free)>;

constexpr std::size_t kMostProblem = 200;

std::optional<RecordType> record_type(ns_type type) {
  switch (type) {
    case ns_t_a:
      return RecordType::A;
    case ns_t_aaaa:
      return RecordType::AAAA;
    case ns_t_mx:
      return RecordType::MX;
    case ns_t_ptr:
      return RecordType::PTR;
    case ns_t_txt:
      return RecordType::TXT;
    default:
      return std::nullopt;
  }
}

int netdb_status(const DnsAnswer& answer) {
  switch (answer.status) {
    case Status::Found:
      return NETDB_SUCCESS;
    case Status::NoData:
      return NO_DATA;
    case Status::TryAgain:
      return TRY_AGAIN;
    default:
      return HOST_NOT_FOUND;
  }
}

// Returns false if out of memory.
bool append(SPF_dns_rr_t& rr, const void* data, std::size_t size) {
  if (SPF_dns_rr_buf_realloc(&rr, rr.num_rr, size) != SPF_E_SUCCESS) return false;
  std::memcpy(rr.rr[rr.num_rr], data, size);
  ++rr.num_rr;
  return true;
}

bool append(SPF_dns_rr_t& rr, const std::string& text) { return append(rr, text.c_str(), text.size() + 1); }

bool append_all(SPF_dns_rr_t& rr, const DnsAnswer& answer) {
  bool fine = true;
  for (const auto& address : answer.addresses)
    fine = fine && append(rr, address.octets().data(), address.is_v4() ? 4 : 16);
  for (const auto& exchanger : answer.exchangers) fine = fine && append(rr, exchanger.host);
  for (const auto& name : answer.names) fine = fine && append(rr, name);
  for (const auto& text : answer.texts) fine = fine && append(rr, text);
  return fine;
}

// The DNS layer that libspf2 calls. libspf2 never owns it, so there is no destructor.
class Layer {
 public:
  explicit Layer(GuardedDns& dns) : dns_(dns) {
    server_.lookup = &Layer::lookup;
    server_.name = "mailreeve";
    server_.hook = this;
  }
  SPF_dns_server_t* server() { return &server_; }

 private:
  static SPF_dns_rr_t* lookup(SPF_dns_server_t* server, const char* domain, ns_type type, int /*cache*/) {
    DnsAnswer answer;
    // Exceptions must not pass through C. The default answer is TryAgain, so the client retries.
    try {
      answer = static_cast<Layer*>(server->hook)->ask(domain, type);
    } catch (...) {
      answer = {};
    }
    SPF_dns_rr_t* rr = SPF_dns_rr_new_init(server, domain, type, 0, netdb_status(answer));
    if (rr != nullptr && !append_all(*rr, answer)) rr->herrno = TRY_AGAIN;
    return rr;
  }

  DnsAnswer ask(const char* domain, ns_type type) {
    const auto known = record_type(type);
    if (known) return dns_.ask(std::string(cut_name(domain)), *known);
    // Type 99, which RFC 7208 section 3.1 discontinued.
    DnsAnswer nothing;
    nothing.status = Status::NoData;
    return nothing;
  }

  GuardedDns& dns_;
  SPF_dns_server_t server_{};
};

Server make_server(Layer& layer, const SpfQuery& query, const SpfLimits& limits) {
  Server server(SPF_server_new_dns(layer.server(), 0), &SPF_server_free);
  if (!server) throw std::bad_alloc();
  SPF_server_set_max_dns_mech(server.get(), static_cast<int>(limits.terms));
  SPF_server_set_max_dns_mx(server.get(), static_cast<int>(limits.mx_hosts));
  SPF_server_set_max_dns_ptr(server.get(), static_cast<int>(limits.ptr_names));
  SPF_server_set_rec_dom(server.get(), query.receiver.empty() ? "unknown" : query.receiver.c_str());
  return server;
}

// Passes texts as printable ASCII: a NUL would end them early, and no other
// octet that this replaces can be part of a name to look up.
Request make_request(const Server& server, const IpAddress& client, const Identity& identity) {
  Request request(SPF_request_new(server.get()), &SPF_request_free);
  if (!request) throw std::bad_alloc();
  if (client.is_v4()) {
    in_addr address{};
    std::memcpy(&address, client.octets().data(), sizeof(address));
    SPF_request_set_ipv4(request.get(), address);
  } else {
    in6_addr address{};
    std::memcpy(&address, client.octets().data(), sizeof(address));
    SPF_request_set_ipv6(request.get(), address);
  }
  SPF_request_set_helo_dom(request.get(), printable(identity.helo).c_str());
  SPF_request_set_env_from(request.get(), printable(identity.local + "@" + identity.domain).c_str());
  return request;
}

// libspf2's answer, in our terms.
struct Answer {
  SpfResult result = SpfResult::Temperror;
  SPF_reason_t reason = SPF_REASON_NONE;
  std::string problem;
};

// If libspf2 could not finish, it leaves the result invalid and gives the reason
// in the error. It reports the same error for an unreadable record as for none.
SpfResult result_of(SPF_result_t result, SPF_errcode_t error, bool has_record) {
  switch (result) {
    case SPF_RESULT_NEUTRAL:
      return SpfResult::Neutral;
    case SPF_RESULT_PASS:
      return SpfResult::Pass;
    case SPF_RESULT_FAIL:
      return SpfResult::Fail;
    case SPF_RESULT_SOFTFAIL:
      return SpfResult::Softfail;
    case SPF_RESULT_NONE:
      return SpfResult::None;
    case SPF_RESULT_TEMPERROR:
      return SpfResult::Temperror;
    case SPF_RESULT_PERMERROR:
      return SpfResult::Permerror;
    case SPF_RESULT_INVALID:
      break;
  }
  if (error == SPF_E_DNS_ERROR || error == SPF_E_NO_MEMORY) return SpfResult::Temperror;
  return has_record ? SpfResult::Permerror : SpfResult::None;
}

bool is_error_or_none(SpfResult result) {
  return result == SpfResult::None || result == SpfResult::Temperror || result == SpfResult::Permerror;
}

std::string first_error(const Response& response) {
  for (int i = 0; i < SPF_response_messages(response.get()); ++i) {
    SPF_error_t* message = SPF_response_message(response.get(), i);
    if (SPF_error_errorp(message) != 0) return printable(SPF_error_message(message), kMostProblem);
  }
  return "libspf2 does not say why";
}

// Returns the term that gave this result, if only one term of the record can have.
std::string only_mechanism(const Record& record, SpfResult result) {
  std::string out;
  for (const Directive& directive : record.directives) {
    if (directive.result != result) continue;
    if (!out.empty()) return {};
    out = directive.text;
  }
  return out;
}

// One check, with everything that lives as long as it does.
class Check {
 public:
  Check(const SpfQuery& query, const Identity& identity, Resolver& resolver, const SpfRules& rules,
        TimePoint now, Deadline deadline)
      : identity_(identity),
        rules_(rules),
        lookups_(query.client, resolver, rules.limits, deadline),
        evaluation_(query, identity, lookups_, now),
        dns_(lookups_, evaluation_.trace()),
        layer_(dns_),
        server_(make_server(layer_, query, rules.limits)),
        request_(make_request(server_, query.client, identity)) {}

  void run(SpfOutcome& out) {
    SPF_response_t* response = nullptr;
    const int error = SPF_request_query_mailfrom(request_.get(), &response);
    fill(out, read(Response(response, &SPF_response_free), static_cast<SPF_errcode_t>(error),
                   dns_.record_of(identity_.domain) != nullptr));
    if (out.result == SpfResult::None && dns_.first_lookup() == Status::NoData) guess(out);
    out.lookups = lookups_.terms();
    out.void_lookups = lookups_.voids();
    out.trace = evaluation_.trace().take();
  }

 private:
  // The deciding record, and its domain.
  struct Decider {
    std::optional<Record> record;
    std::string domain;
  };

  Answer read(const Response& response, SPF_errcode_t error, bool has_record) const {
    if (!dns_.refusal().empty()) return {SpfResult::Permerror, SPF_REASON_NONE, dns_.refusal()};
    if (!response) return {SpfResult::Temperror, SPF_REASON_NONE, "libspf2 is out of memory"};
    Answer out;
    out.result = result_of(SPF_response_result(response.get()), error, has_record);
    out.reason = SPF_response_reason(response.get());
    if (is_error_or_none(out.result)) out.problem = first_error(response);
    return out;
  }

  void fill(SpfOutcome& out, const Answer& answer) {
    out.result = answer.result;
    out.problem = answer.problem;
    if (is_error_or_none(answer.result)) return;
    if (answer.reason == SPF_REASON_DEFAULT) out.mechanism = "default";
    Decider decider = find_decider();
    if (!decider.record || answer.reason != SPF_REASON_MECH) return;
    out.mechanism = only_mechanism(*decider.record, answer.result);
    if (answer.result != SpfResult::Fail) return;
    Judgement fail;
    fail.exp = std::move(decider.record->exp);
    fail.exp_domain = std::move(decider.domain);
    out.explanation = evaluation_.explain(fail);
  }

  // Follows redirect= as far as libspf2 did, judging by the names that libspf2 asked for.
  Decider find_decider() {
    Decider out{std::nullopt, identity_.domain};
    for (unsigned steps = 0; steps <= rules_.limits.terms; ++steps) {
      const std::string* text = dns_.record_of(out.domain);
      if (text == nullptr) break;
      out.record = parse_record(*text).record;
      if (!out.record || !out.record->redirect) break;
      const std::string next = evaluation_.expand(*out.record->redirect, out.domain);
      if (dns_.record_of(next) == nullptr) break;
      out.domain = next;
    }
    return out;
  }

  void guess(SpfOutcome& out) {
    const auto record = parse_record(rules_.best_guess).record;
    if (!record || !danger_in_record(rules_.best_guess).empty()) return;
    SPF_response_t* response = nullptr;
    const auto error = SPF_request_query_fallback(request_.get(), &response,
                                                  without_explanations(rules_.best_guess).c_str());
    const Answer answer = read(Response(response, &SPF_response_free), error, true);
    if (is_error_or_none(answer.result) || answer.reason != SPF_REASON_MECH) return;
    out.result = answer.result;
    out.best_guess = true;
    out.mechanism = only_mechanism(*record, answer.result);
    out.problem.clear();
  }

  const Identity& identity_;
  const SpfRules& rules_;
  Lookups lookups_;
  Evaluation evaluation_;  // for explanations and macros only
  GuardedDns dns_;
  Layer layer_;
  Server server_;
  Request request_;
};

}  // namespace

SpfOutcome Libspf2Engine::check(const SpfQuery& query, TimePoint now, Deadline deadline) const {
  const Identity identity = identity_of(query);
  SpfOutcome out = begin_outcome(query, identity);
  if (!out.problem.empty()) return out;
  if (query.client.is_loopback()) {
    // libspf2 would pass the client without reading the record.
    out.problem = "libspf2 does not check loopback clients";
    return out;
  }
  Check(query, identity, resolver_, rules_, now, deadline).run(out);
  return out;
}

}  // namespace mailreeve
