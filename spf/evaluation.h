// SPDX-License-Identifier: BSD-2-Clause
// One evaluation of check_host() (RFC 7208 sections 4.4 to 6.2), including all
// its includes and redirects. Belongs to one thread.
#ifndef MAILREEVE_SPF_EVALUATION_H
#define MAILREEVE_SPF_EVALUATION_H

#include <optional>
#include <string>
#include <string_view>

#include "spf/extent.h"
#include "spf/lookups.h"
#include "spf/macro.h"
#include "spf/record.h"
#include "spf/trace.h"

namespace mailreeve {

// The result of check_host() for one domain.
struct Judgement {
  SpfResult result = SpfResult::None;
  std::string mechanism;  // the match, as written; "default"; empty for an error or none
  std::string problem;    // set for an error or none
  // The client's address matched, on a path without macros of the client or the message.
  bool names_client = false;
  // The result of looking up the record.
  DnsAnswer::Status lookup = DnsAnswer::Status::Found;
  // The exp= of the deciding record, and the domain of that record.
  std::optional<MacroString> exp;
  std::string exp_domain;
};

class Evaluation {
 public:
  // All arguments must outlive this object.
  Evaluation(const SpfQuery& query, const Identity& identity, Lookups& lookups, TimePoint now)
      : query_(query),
        identity_(identity),
        lookups_(lookups),
        now_(now),
        extent_(query.client),
        trace_(query.trace, lookups) {}

  // Recursion is bounded: each level is a term that counts towards the limit.
  Judgement check(const std::string& domain, unsigned depth = 0);
  // Evaluates `record` as if `domain` published it.
  Judgement check_record(std::string_view record, const std::string& domain);
  // Returns the text that exp= refers to, in printable ASCII; empty if there is no
  // usable one (section 6.2). Its lookups do not count.
  std::string explain(const Judgement& fail);

  // Expands a domain-spec in the record of `domain`.
  std::string expand(const MacroString& target, const std::string& domain);

  // The extent of the records read so far.
  const Extent& extent() const { return extent_; }
  Trace& trace() { return trace_; }

 private:
  // The result of one mechanism.
  struct Finding {
    enum class Kind { Match, NoMatch, Temperror, Permerror };
    Kind kind;
    std::string note;           // for the trace; the problem if this is an error
    bool names_client = false;  // for a match, as in Judgement

    std::string outcome() const;
  };

  Judgement fetch(const std::string& domain, unsigned depth, std::size_t line);
  Judgement evaluate(std::string_view text, const std::string& domain, unsigned depth);
  void expect(const Record& record, const std::string& domain);
  std::optional<Question> question(const Directive& directive, const std::string& domain);
  Judgement run(Record& record, const std::string& domain, unsigned depth);
  Judgement redirect(const MacroString& target, const std::string& domain, unsigned depth);
  Judgement check_target(const MacroString& target, const std::string& domain, unsigned depth);

  Finding test(const Directive& directive, const std::string& domain, unsigned depth);
  Finding test_name(const Directive& directive, const std::string& domain);
  Finding include(const MacroString& target, const std::string& domain, unsigned depth);
  Finding test_a(const Directive& directive, const std::string& name);
  Finding test_mx(const Directive& directive, const std::string& name);
  Finding test_hosts(const Directive& directive, const std::vector<std::string>& hosts);
  Finding test_ptr(const std::string& name);
  Finding test_exists(const std::string& name);
  std::optional<Finding> without_records(const std::string& name, RecordType type, const DnsAnswer& answer);
  Finding nothing_found(std::string note);

  std::string_view count(const MacroString* target);
  bool never_matches(const MacroString& target) const;
  bool waits_for_client_names(const MacroString& target) const;
  bool decides_alone(const Directive& directive) const;
  bool matches(const Directive& directive, const std::vector<IpAddress>& addresses) const;
  MacroValues values(const MacroString& of, const std::string& domain);
  std::string_view client_name(std::string_view domain);

  const SpfQuery& query_;
  const Identity& identity_;
  Lookups& lookups_;
  TimePoint now_;
  Extent extent_;
  Trace trace_;
};

}  // namespace mailreeve

#endif
