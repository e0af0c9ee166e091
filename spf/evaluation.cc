// SPDX-License-Identifier: BSD-2-Clause
#include "spf/evaluation.h"

#include <algorithm>
#include <utility>

#include "core/idna.h"
#include "spf/ascii.h"

namespace mailreeve {

namespace {

using Mechanism = Directive::Mechanism;
using Status = DnsAnswer::Status;

// More than fits into an SMTP reply (RFC 5321 section 4.5.3.1.5).
constexpr std::size_t kMostExplanation = 512;
// Limits the addresses that a line of the trace shows.
constexpr std::size_t kMostShown = 10;
constexpr std::string_view kTooManyTerms = "more terms that look into DNS than RFC 7208 section 4.6.4 allows";
constexpr std::string_view kTooManyVoids =
    "more lookups without an answer than RFC 7208 section 4.6.4 allows";

Judgement judged(SpfResult result, std::string_view problem, Status lookup = Status::Found) {
  Judgement out;
  out.result = result;
  out.problem = problem;
  out.lookup = lookup;
  return out;
}

std::string with_note(std::string_view outcome, std::string_view note) {
  std::string out(outcome);
  if (!note.empty()) out.append(": ").append(note);
  return out;
}

std::string outcome_of(const Judgement& judgement) {
  return with_note(to_string(judgement.result), judgement.problem);
}

// A name with such a macro differs for each client or message, and the operator
// of its zone can answer yes to all of them.
bool is_fixed(const std::optional<MacroString>& name) { return !name || !name->uses("slhip"); }

std::string list(const std::vector<IpAddress>& addresses) {
  std::string out;
  for (std::size_t i = 0; i < std::min(addresses.size(), kMostShown); ++i)
    out.append(i == 0 ? "" : " ").append(addresses[i].text());
  return addresses.size() > kMostShown ? out + " ..." : out;
}

Judgement without_record(const std::string& domain, const DnsAnswer& answer) {
  const std::string name = printable(domain);
  switch (answer.status) {
    case Status::TryAgain:
      return judged(SpfResult::Temperror, describe_failure(domain, RecordType::TXT, answer), answer.status);
    case Status::BadName:
      return judged(SpfResult::None, "\"" + name + "\" cannot be looked up in DNS", answer.status);
    case Status::NoName:
      return judged(SpfResult::None, name + " does not exist", answer.status);
    default:
      return judged(SpfResult::None, name + " has no SPF record",
                    is_void(answer) ? Status::NoData : Status::Found);
  }
}

}  // namespace

std::string Evaluation::Finding::outcome() const {
  switch (kind) {
    case Kind::Match:
      return "match";
    case Kind::NoMatch:
      return with_note("no match", note);
    case Kind::Temperror:
      return with_note("temperror", note);
    case Kind::Permerror:
      return with_note("permerror", note);
  }
  return {};
}

Judgement Evaluation::check(const std::string& domain, unsigned depth) {
  const auto line = trace_.begin(depth, domain);
  Judgement out = fetch(domain, depth, line);
  trace_.end(line, outcome_of(out));
  return out;
}

Judgement Evaluation::check_record(std::string_view record, const std::string& domain) {
  const auto line = trace_.begin(0, "best guess: ");
  trace_.add(line, record);
  Judgement out = evaluate(record, domain, 0);
  trace_.end(line, outcome_of(out));
  return out;
}

// Sections 4.4 and 4.5.
Judgement Evaluation::fetch(const std::string& domain, unsigned depth, std::size_t line) {
  const DnsAnswer answer = lookups_.ask(domain, RecordType::TXT);
  const auto& texts = answer.texts;
  const auto record = std::find_if(texts.begin(), texts.end(), is_spf_record);
  if (record == texts.end()) return without_record(domain, answer);
  trace_.add(line, ": ");
  trace_.add(line, *record);
  if (std::find_if(record + 1, texts.end(), is_spf_record) != texts.end())
    return judged(SpfResult::Permerror, printable(domain) + " has more than one SPF record");
  return evaluate(*record, domain, depth);
}

Judgement Evaluation::evaluate(std::string_view text, const std::string& domain, unsigned depth) {
  auto parsed = parse_record(text);
  if (!parsed.record)
    return judged(SpfResult::Permerror, parsed.problem + " in the SPF record of " + printable(domain));
  return run(*parsed.record, domain, depth);
}

// Starts the lookups that run() would otherwise make one by one, up to the first mechanism that matches
// whatever DNS answers. If an earlier term matches, the lookups for later terms are wasted.
void Evaluation::expect(const Record& record, const std::string& domain) {
  std::vector<Question> questions;
  for (const Directive& directive : record.directives) {
    if (decides_alone(directive)) return lookups_.expect(std::move(questions));
    if (auto next = question(directive, domain)) questions.push_back(*std::move(next));
  }
  if (record.redirect && !never_matches(*record.redirect) && !waits_for_client_names(*record.redirect))
    questions.push_back({expand(*record.redirect, domain), RecordType::TXT});
  lookups_.expect(std::move(questions));
}

// Returns the first lookup of a term, if it needs one.
std::optional<Question> Evaluation::question(const Directive& directive, const std::string& domain) {
  const auto& target = directive.target;
  if (target && never_matches(*target)) return std::nullopt;
  if (target && waits_for_client_names(*target)) return lookups_.client_names_question();
  const auto name = [&] { return target ? expand(*target, domain) : domain; };
  switch (directive.mechanism) {
    case Mechanism::Include:
      return Question{name(), RecordType::TXT};
    case Mechanism::A:
      return Question{name(), lookups_.address_type()};
    case Mechanism::Mx:
      return Question{name(), RecordType::MX};
    case Mechanism::Exists:
      return Question{name(), RecordType::A};
    case Mechanism::Ptr:
      if (!lookups_.knows_client_names()) return lookups_.client_names_question();
      return std::nullopt;
    default:
      return std::nullopt;
  }
}

Judgement Evaluation::run(Record& record, const std::string& domain, unsigned depth) {
  extent_.add(record);
  expect(record, domain);
  for (const Directive& directive : record.directives) {
    const auto line = trace_.begin(depth + 1, directive.text);
    Finding found = test(directive, domain, depth + 2);
    trace_.end(line, found.outcome());
    if (found.kind == Finding::Kind::Temperror) return judged(SpfResult::Temperror, std::move(found.note));
    if (found.kind == Finding::Kind::Permerror) return judged(SpfResult::Permerror, std::move(found.note));
    if (found.kind == Finding::Kind::NoMatch) continue;
    Judgement out = judged(directive.result, {});
    out.mechanism = directive.text;
    out.names_client = found.names_client && is_fixed(directive.target);
    out.exp = std::move(record.exp);
    out.exp_domain = domain;
    return out;
  }
  if (record.redirect) return redirect(*record.redirect, domain, depth);
  Judgement out = judged(SpfResult::Neutral, {});
  out.mechanism = "default";
  return out;
}

// Section 6.1. The exp= of a record does not apply to its redirect= target.
Judgement Evaluation::redirect(const MacroString& target, const std::string& domain, unsigned depth) {
  const auto line = trace_.begin(depth + 1, "redirect=" + target.text());
  Judgement out = never_matches(target) ? judged(SpfResult::None, "redirect= with a non-ASCII local part")
                                        : check_target(target, domain, depth + 2);
  if (out.result == SpfResult::None) out.result = SpfResult::Permerror;
  out.names_client = out.names_client && is_fixed(target);
  // The target's lookup status belongs to the target.
  out.lookup = Status::Found;
  trace_.end(line, outcome_of(out));
  return out;
}

Judgement Evaluation::check_target(const MacroString& target, const std::string& domain, unsigned depth) {
  if (const auto excess = count(&target); !excess.empty()) return judged(SpfResult::Permerror, excess);
  Judgement out = check(expand(target, domain), depth);
  const bool is_void = out.lookup == Status::NoData || out.lookup == Status::NoName;
  if (is_void && !lookups_.count_void()) return judged(SpfResult::Permerror, kTooManyVoids);
  return out;
}

Evaluation::Finding Evaluation::test(const Directive& directive, const std::string& domain, unsigned depth) {
  using Kind = Finding::Kind;
  // RFC 8616 section 4: such a local part occurs in no DNS name.
  if (directive.target && never_matches(*directive.target)) return {Kind::NoMatch, "non-ASCII local part"};
  switch (directive.mechanism) {
    case Mechanism::All:
      return {Kind::Match, {}};
    case Mechanism::Ip4:
    case Mechanism::Ip6:
      return {directive.network.contains(query_.client) ? Kind::Match : Kind::NoMatch, {}, true};
    case Mechanism::Include:
      return include(*directive.target, domain, depth);
    default:
      return test_name(directive, domain);
  }
}

// Implements the table of section 5.2.
Evaluation::Finding Evaluation::include(const MacroString& target, const std::string& domain,
                                        unsigned depth) {
  using Kind = Finding::Kind;
  Judgement inner = check_target(target, domain, depth);
  switch (inner.result) {
    case SpfResult::Pass:
      return {Kind::Match, {}, inner.names_client};
    case SpfResult::Fail:
    case SpfResult::Softfail:
    case SpfResult::Neutral:
      return {Kind::NoMatch, std::string(to_string(inner.result))};
    case SpfResult::Temperror:
      return {Kind::Temperror, std::move(inner.problem)};
    default:
      return {Kind::Permerror, std::move(inner.problem)};
  }
}

Evaluation::Finding Evaluation::test_name(const Directive& directive, const std::string& domain) {
  const MacroString* target = directive.target ? &*directive.target : nullptr;
  if (const auto excess = count(target); !excess.empty())
    return {Finding::Kind::Permerror, std::string(excess)};
  const std::string name = target != nullptr ? expand(*target, domain) : domain;
  switch (directive.mechanism) {
    case Mechanism::A:
      return test_a(directive, name);
    case Mechanism::Mx:
      return test_mx(directive, name);
    case Mechanism::Ptr:
      return test_ptr(name);
    default:
      return test_exists(name);
  }
}

Evaluation::Finding Evaluation::test_a(const Directive& directive, const std::string& name) {
  using Kind = Finding::Kind;
  const RecordType type = lookups_.address_type();
  const DnsAnswer answer = lookups_.ask(name, type);
  if (auto nothing = without_records(name, type, answer)) return *std::move(nothing);
  extent_.add(directive, answer.addresses.size());
  if (matches(directive, answer.addresses)) return {Kind::Match, {}, true};
  return {Kind::NoMatch, trace_.wanted() ? list(answer.addresses) : std::string()};
}

// Section 5.4. Does not query A if there is no MX.
Evaluation::Finding Evaluation::test_mx(const Directive& directive, const std::string& name) {
  using Kind = Finding::Kind;
  const DnsAnswer answer = lookups_.ask(name, RecordType::MX);
  if (auto nothing = without_records(name, RecordType::MX, answer)) return *std::move(nothing);
  if (answer.exchangers.size() > lookups_.limits().mx_hosts)
    return {Kind::Permerror, printable(name) + " has more MX than RFC 7208 section 4.6.4 allows"};
  std::vector<std::string> hosts;
  for (const auto& exchanger : answer.exchangers)
    if (!exchanger.host.empty()) hosts.push_back(exchanger.host);
  if (hosts.empty()) return {Kind::NoMatch, "takes no mail (RFC 7505)"};
  return test_hosts(directive, hosts);
}

// Asks for all hosts at once, so a matching host counts even if the lookup of
// another fails: the domain does not choose the order of equal preferences, either.
Evaluation::Finding Evaluation::test_hosts(const Directive& directive,
                                           const std::vector<std::string>& hosts) {
  using Kind = Finding::Kind;
  const auto answers = lookups_.ask_addresses(hosts);
  std::vector<IpAddress> seen;
  std::string failure;
  bool exists = false;
  for (std::size_t i = 0; i < answers.size(); ++i) {
    if (answers[i].status == Status::TryAgain)
      failure = describe_failure(hosts[i], lookups_.address_type(), answers[i]);
    exists = exists || is_there(answers[i]);
    seen.insert(seen.end(), answers[i].addresses.begin(), answers[i].addresses.end());
  }
  extent_.add(directive, seen.size());
  if (matches(directive, seen)) return {Kind::Match, {}, true};
  if (!failure.empty()) return {Kind::Temperror, std::move(failure)};
  if (!exists) return nothing_found("no host that exists");
  return {Kind::NoMatch, trace_.wanted() ? list(seen) : std::string()};
}

// Section 5.5. A failure of DNS is no match here, unless time is up (section 4.6.4).
Evaluation::Finding Evaluation::test_ptr(const std::string& name) {
  using Kind = Finding::Kind;
  const ClientNames& names = lookups_.client_names();
  const std::string target = ascii_lower(name);
  const bool match = std::any_of(names.validated.begin(), names.validated.end(),
                                 [&](const std::string& known) { return is_within(known, target); });
  if (match) return {Kind::Match, {}};
  if (lookups_.out_of_time()) return {Kind::Temperror, "out of time"};
  if (!names.problem.empty()) return {Kind::NoMatch, names.problem};
  if (names.is_void()) return nothing_found("no name that exists");
  return {Kind::NoMatch, {}};
}

// Section 5.7: queries A for either family of client.
Evaluation::Finding Evaluation::test_exists(const std::string& name) {
  const DnsAnswer answer = lookups_.ask(name, RecordType::A);
  if (auto nothing = without_records(name, RecordType::A, answer)) return *std::move(nothing);
  return {Finding::Kind::Match, {}};
}

// The last paragraphs of section 5. Returns nullopt if the answer has records.
std::optional<Evaluation::Finding> Evaluation::without_records(const std::string& name, RecordType type,
                                                               const DnsAnswer& answer) {
  using Kind = Finding::Kind;
  if (answer.status == Status::TryAgain)
    return Finding{Kind::Temperror, describe_failure(name, type, answer)};
  if (answer.status == Status::BadName) return Finding{Kind::NoMatch, "no name for DNS"};
  if (is_void(answer)) return nothing_found("no " + std::string(to_string(type)) + " record");
  return std::nullopt;
}

Evaluation::Finding Evaluation::nothing_found(std::string note) {
  if (!lookups_.count_void()) return {Finding::Kind::Permerror, std::string(kTooManyVoids)};
  return {Finding::Kind::NoMatch, std::move(note)};
}

// Returns the limit that is exceeded, or "". If %{p} needs a PTR lookup that has not
// yet been made, that lookup counts as a term, and as a void one if it finds nothing.
std::string_view Evaluation::count(const MacroString* target) {
  const bool pointers = target != nullptr && waits_for_client_names(*target);
  if (!lookups_.count_terms(pointers ? 2 : 1)) return kTooManyTerms;
  if (pointers && lookups_.client_names().is_void() && !lookups_.count_void()) return kTooManyVoids;
  return {};
}

bool Evaluation::never_matches(const MacroString& target) const {
  const bool ascii = std::all_of(identity_.local.begin(), identity_.local.end(),
                                 [](char c) { return static_cast<unsigned char>(c) < 0x80; });
  return !ascii && target.uses("sl");
}

bool Evaluation::waits_for_client_names(const MacroString& target) const {
  return target.uses("p") && !lookups_.knows_client_names();
}

// Whether it matches whatever DNS answers.
bool Evaluation::decides_alone(const Directive& directive) const {
  const bool network = directive.mechanism == Mechanism::Ip4 || directive.mechanism == Mechanism::Ip6;
  return directive.mechanism == Mechanism::All || (network && directive.network.contains(query_.client));
}

bool Evaluation::matches(const Directive& directive, const std::vector<IpAddress>& addresses) const {
  const unsigned prefix = query_.client.is_v4() ? directive.prefix4 : directive.prefix6;
  return std::any_of(addresses.begin(), addresses.end(), [&](const IpAddress& address) {
    return Network(address, prefix).contains(query_.client);
  });
}

std::string Evaluation::expand(const MacroString& target, const std::string& domain) {
  return target.expand_name(values(target, domain));
}

MacroValues Evaluation::values(const MacroString& of, const std::string& domain) {
  const auto name = of.uses("p") ? client_name(domain) : std::string_view();
  return {identity_, query_.client, domain, name, query_.receiver, now_};
}

// Section 7.3: prefers the domain itself, then a subdomain, then any name.
std::string_view Evaluation::client_name(std::string_view domain) {
  const auto& names = lookups_.client_names().validated;
  if (names.empty()) return "unknown";
  const std::string wanted = ascii_lower(domain);
  if (std::find(names.begin(), names.end(), wanted) != names.end()) return domain;
  const auto below =
      std::find_if(names.begin(), names.end(), [&](const auto& name) { return is_within(name, wanted); });
  return below == names.end() ? names.front() : *below;
}

std::string Evaluation::explain(const Judgement& fail) {
  if (!fail.exp || never_matches(*fail.exp)) return {};
  const auto line = trace_.begin(1, "exp=" + fail.exp->text());
  const DnsAnswer answer = lookups_.ask(expand(*fail.exp, fail.exp_domain), RecordType::TXT);
  // Choosing one of several texts would be arbitrary.
  const bool single = answer.status == Status::Found && answer.texts.size() == 1;
  const auto text =
      single ? MacroString::parse(answer.texts.front(), MacroString::Use::Explanation) : std::nullopt;
  trace_.end(line, text ? text->text() : "ignored: not one text in ASCII with valid macros");
  if (!text) return {};
  return printable(text->expand_text(values(*text, fail.exp_domain), kMostExplanation), kMostExplanation);
}

}  // namespace mailreeve
