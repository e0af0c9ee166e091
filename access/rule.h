// SPDX-License-Identifier: BSD-2-Clause
// An access rule: what shall happen to some mail, as the admin writes it in a file, in the
// policy database or on a command line. Values.
//   reject sender=@/etc/mailreeve/blocked recipient=!postmaster@ 550 5.7.1 You are blocked ({ref})
#ifndef MAILREEVE_ACCESS_RULE_H
#define MAILREEVE_ACCESS_RULE_H

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/skips.h"
#include "core/verdict.h"
#include "util/time.h"

namespace mailreeve {

enum class AccessAction { AcceptAll, Skip, Greylist, Defer, Reject };
enum class AccessKey { Client, ClientName, Helo, Sender, Recipient, Login, Direction, Spf, Listed, Time };

// "client-name"
std::string_view to_string(AccessKey key);

// One value of a condition, in the form in which it is compared.
struct AccessPattern {
  enum class Kind {
    Network,  // "192.0.2.0/24", "192.0.2.1"
    Exact,    // an address, folded ("": the null sender); a name, a login, a word
    Domain,   // "example.com", of an address
    Below,    // "example.com": all names below it, and not itself
    Local,    // "postmaster": this local part in every domain
    Regex,    // without the slashes
    Span,     // "22:00-06:00"
  };
  Kind kind = Kind::Exact;
  std::string text;

  bool operator==(const AccessPattern&) const = default;
};

// Makes the pattern of one value, without "!", of a condition or of a line in a list. Throws
// std::invalid_argument with a sentence.
AccessPattern parse_access_pattern(AccessKey key, std::string_view value);
// Text that parse_access_pattern() takes back, also behind "=" in a rule.
std::string to_string(AccessKey key, const AccessPattern& pattern);

// The patterns of a "@file", which several conditions may share.
struct AccessList {
  std::string path;
  std::vector<AccessPattern> patterns;
};

// Holds if one of the patterns matches; negated: if none does.
struct AccessCondition {
  AccessKey key = AccessKey::Client;
  bool negated = false;
  std::vector<AccessPattern> written;
  std::shared_ptr<const AccessList> list;  // then nothing is written

  const std::vector<AccessPattern>& patterns() const { return list ? list->patterns : written; }
};

struct AccessRule {
  AccessAction action = AccessAction::AcceptAll;
  Skips skips;                              // of AccessAction::Skip
  std::optional<Seconds> delay;             // of AccessAction::Greylist
  std::optional<ReplyTemplate> reply;       // of Defer and Reject; none: the default
  std::vector<AccessCondition> conditions;  // all of which must hold
  // Not part of the text.
  std::string source;              // "/etc/mailreeve/access.rules:12", "#7"
  std::optional<TimePoint> until;  // it holds before that
  std::string why;

  // Defer and Reject: what the client is told.
  const ReplyTemplate& reply_or_default() const;
};

// Reads a list, for conditions with this key. Throws std::invalid_argument.
using AccessListReader = std::function<std::shared_ptr<const AccessList>(AccessKey, const std::string& path)>;

inline constexpr std::size_t kLongestAccessRule = 4096;

// "ACTION [KEY=VALUE...] [TEXT]", see mailreeve-rules(5). Without a reader, lists are refused.
// Throws std::invalid_argument with a sentence for the admin.
AccessRule parse_access_rule(std::string_view text, const AccessListReader& read_list = {});
// One spelling of the rule, which parse_access_rule() takes back.
std::string to_string(const AccessRule& rule);

// "accept-all", "skip=greylist,spf", "greylist delay=10m", "defer", "reject"
std::string action_text(const AccessRule& rule);

}  // namespace mailreeve

#endif
