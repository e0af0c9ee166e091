// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist_key.h"

#include <algorithm>
#include <optional>
#include <string_view>

#include "core/idna.h"
#include "core/registered_domain.h"
#include "core/unicode.h"
#include "policies/sender_word.h"

namespace mailreeve {

namespace {

using std::string_view;

constexpr std::size_t kMaxKey = 1024;
// RFC 5321 allows 64; nested SRS and VERP have more. Longer ones are cut.
constexpr std::size_t kMaxLocal = 512;
constexpr auto npos = string_view::npos;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) > 0x7f;
}
bool is_word_text(char c) { return is_digit(c) || is_letter(c); }

bool starts_with_nocase(string_view text, string_view lower_prefix) {
  return ascii_lower(text.substr(0, lower_prefix.size())) == lower_prefix;
}

bool is_hex_digits(string_view text) { return text.find_first_not_of("0123456789abcdefABCDEF") == npos; }

// The tag of BATV: a key number, three digits of the day, six of the hash; some write
// nine or eleven digits.
bool is_batv_tag(string_view text) {
  return text.size() >= 9 && text.size() <= 11 && is_hex_digits(text) &&
         text.find_first_of("0123456789") != npos;
}

// What stands behind the first `separator` of the text, unless that is nothing.
std::optional<string_view> behind(string_view text, string_view separator) {
  const auto at = text.find(separator);
  if (at == npos || at + separator.size() == text.size()) return std::nullopt;
  return text.substr(at + separator.size());
}

// draft-levine-smtp-batv has prvs=TAG=local; others write prvs=local=TAG, prvs=local/TAG,
// msprvs1=TAG=local (SparkPost), btv1==TAG==local (Barracuda).
std::optional<string_view> inside_batv(string_view local) {
  if (starts_with_nocase(local, "btv1==")) return behind(local.substr(6), "==");
  if (starts_with_nocase(local, "msprvs1=")) return behind(local.substr(8), "=");
  if (!starts_with_nocase(local, "prvs=")) return std::nullopt;
  const auto rest = local.substr(5);
  const auto end = rest.find_last_of("=/");
  if (end != npos && end > 0 && is_batv_tag(rest.substr(end + 1)) && !is_batv_tag(rest.substr(0, end)))
    return rest.substr(0, end);
  return behind(rest, "=");
}

// SRS0=hash=time=domain=local; SRS1=hash=forwarder==hash=time=domain=local. "-" and "+"
// may stand for the first "=", and in SRS1 for the one behind the forwarder's.
struct Rewritten {
  string_view domain;
  string_view local;
};
std::optional<Rewritten> inside_srs(string_view local) {
  constexpr string_view kSeparators = "=-+";
  const bool srs1 = starts_with_nocase(local, "srs1");
  if ((!srs1 && !starts_with_nocase(local, "srs0")) || local.size() < 6 || kSeparators.find(local[4]) == npos)
    return std::nullopt;
  std::optional<string_view> rest = local.substr(5);
  if (srs1) {
    rest = behind(*rest, "=");
    if (rest) rest = behind(*rest, "=");
    if (!rest || kSeparators.find(rest->front()) == npos) return std::nullopt;
    rest->remove_prefix(1);
  }
  rest = behind(*rest, "=");
  if (rest) rest = behind(*rest, "=");
  if (!rest) return std::nullopt;
  const auto inner = behind(*rest, "=");
  const string_view domain = rest->substr(0, rest->find('='));
  if (!inner || domain.find('.') == npos) return std::nullopt;
  return Rewritten{domain, *inner};
}

WordPlace place_of(string_view text, std::size_t start, std::size_t end) {
  if (start == 0 && end == text.size()) return WordPlace::Alone;
  const bool dotted = (start == 0 || text[start - 1] == '.') && (end == text.size() || text[end] == '.');
  return dotted ? WordPlace::Dotted : WordPlace::Numbered;
}

// Where the first word begins that a system made up; npos: none is.
std::size_t find_made_up(string_view text) {
  for (std::size_t start = 0; start < text.size();) {
    std::size_t end = start;
    while (end < text.size() && is_word_text(text[end])) ++end;
    if (end > start && is_made_up(text.substr(start, end - start), place_of(text, start, end))) return start;
    start = end + 1;
  }
  return npos;
}

string_view first_word(string_view text, bool (*belongs)(char)) {
  const auto end = std::find_if_not(text.begin(), text.end(), belongs);
  return text.substr(0, static_cast<std::size_t>(end - text.begin()));
}

// "bounce-#": the first word, if it is a name or one with a number behind it, stands for
// all senders of a domain that begin so.
std::string numbered(string_view text) {
  const auto word = first_word(text, is_word_text);
  const auto name = first_word(word, is_letter);
  const auto number = word.substr(name.size());
  const bool kept = is_name_word(name) && !is_made_up(name, WordPlace::Numbered) &&
                    std::all_of(number.begin(), number.end(), is_digit) &&
                    (number.empty() || !is_hex_digits(word));
  return kept ? fold_case(name) + "-#" : "#";
}

// The letters that the last word of the text begins with.
string_view last_name(string_view text) {
  std::size_t start = text.size();
  while (start > 0 && is_word_text(text[start - 1])) --start;
  return first_word(text.substr(start), is_letter);
}

std::string without_serials(string_view local) {
  const auto plus = local.find('+');
  const string_view name = plus == 0 ? local : local.substr(0, plus);
  if (find_made_up(name) != npos) return numbered(name);
  // A "+" within a token begins no extension: "AiG+xK7q/9B==_1101234567890".
  const bool extended = name.size() < local.size();
  if (extended && !is_name_word(last_name(name)) && find_made_up(local) != npos) return numbered(name);
  return fold_case(name);
}

std::string local_key(string_view local) {
  std::string rewritten;
  // Each turn takes something away from the front.
  for (;;) {
    if (const auto inner = inside_batv(local)) {
      local = *inner;
    } else if (const auto srs = inside_srs(local)) {
      const std::string domain = ascii_lower(srs->domain);
      rewritten = "srs=" + registered_domain(domain).value_or(domain) + "=";
      local = srs->local;
    } else {
      return rewritten + without_serials(local);
    }
  }
}

std::string join(const std::string& local, const std::string& domain) {
  // Never empty: stores want a text.
  std::string out = domain.empty() && !local.empty() ? local : local + "@" + domain;
  if (out.size() > kMaxKey) out.resize(kMaxKey);
  return out;
}

bool is_quoted(string_view local) { return !local.empty() && local.front() == '"'; }

// A number alone is somebody at an organization's own domain, and a message's where the
// domain is a host's or a service's.
bool is_serial_of_host(string_view local, bool host) {
  return host && local.size() >= 5 && std::all_of(local.begin(), local.end(), is_digit);
}

}  // namespace

std::string greylist_sender(const Address& sender) {
  if (sender.is_null()) return "<>";
  const string_view local = cut(sender.local(), kMaxLocal);
  const std::string domain = registered_domain(sender.domain()).value_or(sender.domain());
  if (is_quoted(local)) return join(fold_case(local), domain);
  if (is_serial_of_host(local, domain != sender.domain())) return join("#", domain);
  return join(local_key(local), domain);
}

std::string greylist_recipient(const Address& recipient) {
  if (recipient.is_null()) return "<>";
  const string_view local = recipient.local();
  const auto plus = is_quoted(local) ? npos : local.find('+');
  return join(fold_case(plus == 0 ? local : local.substr(0, plus)), recipient.domain());
}

std::string greylist_client(const IpAddress& client, unsigned ipv4_prefix, unsigned ipv6_prefix) {
  return Network(client, client.is_v4() ? ipv4_prefix : ipv6_prefix).text();
}

std::string greylist_host(const IpAddress& client) { return greylist_client(client, 32, 128); }

}  // namespace mailreeve
