// SPDX-License-Identifier: BSD-2-Clause
#include "policies/trace_headers.h"

#include <algorithm>
#include <vector>

#include "core/idna.h"
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
// it. UTF-8 stays: who sent it asked for SMTPUTF8 (RFC 6532).
std::string clean(std::string_view text) {
  constexpr std::size_t kMost = 320;
  std::string out(text.substr(0, kMost));
  for (char& c : out)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = '?';
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

std::string dot_atom_or_quoted(std::string_view text) {
  std::string safe = clean(text);
  return is_dot_atom(safe) ? safe : quoted(safe);
}

std::string token_or_quoted(std::string_view text) {
  std::string safe = clean(text);
  return is_token(safe) ? safe : quoted(safe);
}

// RFC 5322 section 3.2.2: parentheses and backslashes are escaped.
std::string comment(std::string_view text) {
  std::string out = "(";
  for (const char c : clean(text)) {
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

// Behind comments and white space (CFWS).
std::string_view skip_cfws(std::string_view text) {
  int depth = 0;
  std::size_t i = 0;
  for (; i < text.size(); ++i) {
    const char c = text[i];
    if (depth > 0 && c == '\\') {
      ++i;
    } else if (c == '(') {
      ++depth;
    } else if (c == ')' && depth > 0) {
      --depth;
    } else if (depth == 0 && std::string_view(" \t\r\n").find(c) == std::string_view::npos) {
      break;
    }
  }
  return text.substr(std::min(i, text.size()));
}

// The token or quoted string at the beginning.
std::string first_word(std::string_view text) {
  std::string out;
  if (text.empty()) return out;
  if (text.front() != '"') {
    for (const char c : text) {
      if (std::string_view(" \t\r\n;(").find(c) != std::string_view::npos) break;
      out += c;
    }
    return out;
  }
  for (std::size_t i = 1; i < text.size() && text[i] != '"'; ++i) {
    if (text[i] == '\\' && i + 1 < text.size()) ++i;
    // A folded quoted string is the same without the line's end.
    if (text[i] != '\r' && text[i] != '\n') out += text[i];
  }
  return out;
}

// One spelling of a host's name.
std::string folded_name(std::string_view name) {
  std::string out = domain_to_ascii(name).value_or(ascii_lower(name));
  if (!out.empty() && out.back() == '.') out.pop_back();
  return out;
}

}  // namespace

Header received_spf(const SpfOutcome& outcome, const Session& session, const Envelope& envelope,
                    std::string_view receiver) {
  const std::string client = session.client ? session.client->text() : "";
  std::vector<std::string> words;
  words.emplace_back(to_string(outcome.result));
  words.push_back(comment(std::string(receiver) + ": " + spf_reason(outcome, client)));
  const auto add = [&words](std::string_view key, std::string_view value) {
    if (!value.empty()) words.push_back(std::string(key) + "=" + dot_atom_or_quoted(value) + ";");
  };
  add("client-ip", client);
  add("envelope-from", envelope.sender.text());
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
                      (helo ? " smtp.helo=" : " smtp.mailfrom=") + token_or_quoted(findings.spf->domain));
  }
  if (const auto iprev = iprev_result(session.name_check); !iprev.empty() && session.client)
    results.push_back("iprev=" + std::string(iprev) +
                      " policy.iprev=" + token_or_quoted(session.client->text()));
  if (!envelope.login.empty()) results.push_back("auth=pass smtp.auth=" + token_or_quoted(envelope.login));
  if (results.empty()) results.emplace_back("none");

  std::vector<std::string> words{token_or_quoted(authserv_id)};
  for (const auto& result : results) {
    words.back() += ';';
    words.push_back(result);
  }
  constexpr std::string_view kName = "Authentication-Results";
  return {std::string(kName), folded(kName.size() + 1, words)};
}

bool claims_authserv_id(std::string_view value, std::string_view authserv_id) {
  return folded_name(first_word(skip_cfws(value))) == folded_name(authserv_id);
}

}  // namespace mailreeve
