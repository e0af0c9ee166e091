// SPDX-License-Identifier: BSD-2-Clause
#include "policies/trace_headers.h"

#include <algorithm>
#include <vector>

#include "core/idna.h"
#include "core/unicode.h"
#include "policies/spf_policy.h"

namespace mailreeve {

namespace {

bool is_atext(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("!#$%&'*+-/=?^_`{|}~").find(c) != std::string_view::npos;
}

// RFC 5322 section 3.2.3.
bool is_dot_atom(std::string_view text) {
  if (text.empty() || text.front() == '.' || text.back() == '.') return false;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!is_atext(text[i]) && (text[i] != '.' || text[i - 1] == '.')) return false;
  return true;
}

// RFC 2045 section 5.1.
bool is_token(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > 0x20 && c < 0x7f && std::string_view("()<>@,;:\\\"/[]?=").find(c) == std::string_view::npos;
  });
}

// What strangers sent, fit for a header: bounded, and without octets that could end
// it. UTF-8 stays where it may stand (RFC 6532).
std::string clean(std::string_view text, bool utf8) {
  constexpr std::size_t kMost = 320;
  std::string out(cut(text, kMost));
  utf8 = utf8 && is_utf8(out);
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f || (!utf8 && !is_ascii({&c, 1}))) c = '?';
  return out;
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + '"';
}

std::string dot_atom_or_quoted(std::string_view text, bool utf8) {
  std::string safe = clean(text, utf8);
  return is_dot_atom(safe) ? safe : quoted(safe);
}

std::string token_or_quoted(std::string_view text, bool utf8) {
  std::string safe = clean(text, utf8);
  return is_token(safe) ? safe : quoted(safe);
}

// RFC 8601 section 2.2: a value without quotes may be read as a domain's name.
std::string domain_or_quoted(std::string_view text) {
  std::string safe = clean(text, false);
  return Address::parse("a@" + safe).malformed() || safe.front() == '[' ? quoted(safe) : safe;
}

// In ASCII if the message may hold no more.
std::string sender_text(const Envelope& envelope) {
  const Address& sender = envelope.sender;
  if (envelope.smtputf8 || sender.malformed() || sender.domain().empty()) return sender.text();
  return std::string(sender.local()) + "@" + sender.domain();
}

// RFC 5322 section 3.2.2: parentheses and backslashes are escaped.
std::string comment(std::string_view text, bool utf8) {
  std::string out = "(";
  for (const char c : clean(text, utf8)) {
    if (c == '(' || c == ')' || c == '\\') out += '\\';
    out += c;
  }
  return out + ')';
}

// Words joined by blanks, in lines of some 78 columns. The MTA wants "\n" alone.
std::string folded(std::size_t used, const std::vector<std::string>& words) {
  constexpr std::size_t kWidth = 78;
  std::string out;
  for (const auto& word : words) {
    if (out.empty()) {
      used += 1 + word.size();
    } else if (used + 1 + word.size() > kWidth) {
      out += "\n\t";
      used = 8 + word.size();
    } else {
      out += ' ';
      used += 1 + word.size();
    }
    out += word;
  }
  return out;
}

std::string_view iprev_result(NameCheck check) {
  switch (check) {
    case NameCheck::Ok:
      return "pass";
    case NameCheck::Forged:
      return "fail";
    case NameCheck::Failed:
      return "permerror";
    case NameCheck::Temporary:
      return "temperror";
    case NameCheck::Unknown:
      break;
  }
  return "";
}

// Whether every parenthesis has its partner, backslashes before them aside.
bool is_balanced(std::string_view text) {
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\\') {
      ++i;
    } else if (text[i] == '(') {
      ++depth;
    } else if (text[i] == ')' && --depth < 0) {
      return false;
    }
  }
  return depth == 0;
}

// With a blank for every comment; for every parenthesis if one lacks its partner.
std::string without_comments(std::string_view text) {
  const bool balanced = is_balanced(text);
  std::string out;
  int depth = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '(') ++depth;
    const bool comment = balanced && depth > 0;
    if (c == ')') --depth;
    if (comment && c == '\\') ++i;
    if (comment || c == '(' || c == ')') {
      if (out.empty() || out.back() != ' ') out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

// Octets of UTF-8 are letters.
bool is_label_text(char c) {
  return static_cast<unsigned char>(c) > 0x7f || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '-' || c == '_';
}

bool is_silent(char c) { return c == '"' || c == '\\'; }

// One spelling of a name that stands in labels.
std::string joined(const std::vector<std::string>& labels) {
  std::string out;
  for (const auto& label : labels) out += (out.empty() ? "" : ".") + label;
  return domain_to_ascii(out).value_or(ascii_lower(out));
}

// The labels at the beginning, whatever stands around the dots between them.
std::string first_name(std::string_view text) {
  std::vector<std::string> labels;
  bool joint = true;  // the next label belongs to the name
  bool inside = false;
  for (const char c : text) {
    if (is_silent(c)) continue;
    if (is_label_text(c)) {
      if (!inside && !joint) break;
      if (!inside) labels.emplace_back();
      inside = true;
      joint = false;
      labels.back() += c;
      continue;
    }
    inside = false;
    if (c == '.') {
      joint = true;
    } else if (c == ';' && !labels.empty()) {
      break;
    }
  }
  return joined(labels);
}

// The labels up to the semicolon, as if nothing stood between them but dots.
std::string whole_name(std::string_view text) {
  std::vector<std::string> labels(1);
  for (const char c : text) {
    if (is_label_text(c)) labels.back() += c;
    if (c == '.' && !labels.back().empty()) labels.emplace_back();
    if (c == ';' && !labels.front().empty()) break;
  }
  if (labels.back().empty()) labels.pop_back();
  return joined(labels);
}

}  // namespace

Header received_spf(const SpfOutcome& outcome, const Session& session, const Envelope& envelope,
                    std::string_view receiver) {
  const std::string client = session.client ? session.client->text() : "";
  std::vector<std::string> words;
  words.emplace_back(to_string(outcome.result));
  const bool utf8 = envelope.smtputf8;
  words.push_back(comment(std::string(receiver) + ": " + spf_reason(outcome, client), utf8));
  const auto add = [&](std::string_view key, std::string_view value) {
    if (!value.empty()) words.push_back(std::string(key) + "=" + dot_atom_or_quoted(value, utf8) + ";");
  };
  add("client-ip", client);
  add("envelope-from", sender_text(envelope));
  add("helo", session.helo);
  add("receiver", receiver);
  // Section 9.1 has it for errors; why there is no record stands in the comment.
  if (outcome.result == SpfResult::Temperror || outcome.result == SpfResult::Permerror)
    add("problem", outcome.problem);
  add("mechanism", outcome.mechanism);
  words.push_back("identity=" + std::string(to_string(outcome.identity)));
  constexpr std::string_view kName = "Received-SPF";
  return {std::string(kName), folded(kName.size() + 1, words)};
}

Header authentication_results(const Session& session, const Envelope& envelope, const Findings& findings,
                              std::string_view authserv_id) {
  std::vector<std::string> results;
  if (findings.spf) {
    // Without the local part: nobody has shown that it is the sender's (section 2.7.2).
    const bool helo = findings.spf->identity == SpfIdentity::Helo;
    results.push_back("spf=" + std::string(to_string(findings.spf->result)) +
                      (helo ? " smtp.helo=" : " smtp.mailfrom=") + domain_or_quoted(findings.spf->domain));
  }
  if (const auto iprev = iprev_result(session.name_check); !iprev.empty() && session.client)
    results.push_back("iprev=" + std::string(iprev) +
                      " policy.iprev=" + token_or_quoted(session.client->text(), false));
  // RFC 8904.
  if (findings.listings)
    for (const auto& listing : findings.listings->white)
      results.push_back("dnswl=pass dns.zone=" + domain_or_quoted(listing.zone) +
                        " policy.ip=" + listing.answer);
  if (!envelope.login.empty())
    results.push_back("auth=pass smtp.auth=" + token_or_quoted(envelope.login, envelope.smtputf8));
  if (results.empty()) results.emplace_back("none");

  std::vector<std::string> words{token_or_quoted(authserv_id, envelope.smtputf8)};
  for (const auto& result : results) {
    words.back() += ';';
    words.push_back(result);
  }
  constexpr std::string_view kName = "Authentication-Results";
  return {std::string(kName), folded(kName.size() + 1, words)};
}

bool claims_authserv_id(std::string_view value, std::string_view authserv_id) {
  const std::string ours = whole_name(authserv_id);
  if (ours.empty()) return false;
  const std::string text = without_comments(value);
  return first_name(text) == ours || whole_name(text) == ours;
}

}  // namespace mailreeve
