// SPDX-License-Identifier: BSD-2-Clause
#include "policies/greylist_key.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "core/idna.h"

namespace mailreeve {

namespace {

constexpr std::size_t kMaxKey = 1024;

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f'); }

bool is_separator(char c) { return std::string_view("-_=.+/#").find(c) != std::string_view::npos; }

// Behind the n-th "=", or npos.
std::size_t behind_equals(std::string_view text, int count) {
  std::size_t at = 0;
  for (; count > 0; --count) {
    at = text.find('=', at);
    if (at == std::string_view::npos) return at;
    ++at;
  }
  return at;
}

// draft-levine-smtp-batv: prvs=TAG=local; some write prvs=local/TAG.
std::string without_batv(const std::string& local) {
  if (!local.starts_with("prvs=")) return local;
  const auto inner = behind_equals(local, 2);
  if (inner != std::string::npos && inner < local.size()) return local.substr(inner);
  const auto slash = local.find('/');
  return slash == std::string::npos ? local : local.substr(5, slash - 5);
}

// SRS0=hash=time=domain=local, SRS1=hash=forwarder==hash=time=domain=local;
// the separator behind SRS0 and SRS1 may also be "-" or "+".
std::string without_srs_time(const std::string& local) {
  const bool srs0 = local.starts_with("srs0");
  const bool srs1 = local.starts_with("srs1");
  if ((!srs0 && !srs1) || local.size() < 6 ||
      std::string_view("=-+").find(local[4]) == std::string_view::npos)
    return local;
  const std::string rest = local.substr(5);
  if (srs0) {
    const auto kept = behind_equals(rest, 2);
    return kept == std::string::npos ? local : "srs0=" + rest.substr(kept);
  }
  const auto forwarder = behind_equals(rest, 1);
  const auto doubled = rest.find("==");
  if (forwarder == std::string::npos || doubled == std::string::npos || doubled < forwarder) return local;
  const std::string inner = rest.substr(doubled + 2);
  const auto kept = behind_equals(inner, 2);
  if (kept == std::string::npos) return local;
  return "srs1=" + rest.substr(forwarder, doubled - forwarder) + "==" + inner.substr(kept);
}

std::string without_extension(const std::string& local) {
  const auto plus = local.find('+');
  return plus == std::string::npos || plus == 0 ? local : local.substr(0, plus);
}

// A serial number, or a hash: at least eight hexadecimal digits, one of them a
// decimal digit.
bool is_serial(std::string_view word) {
  if (std::all_of(word.begin(), word.end(), is_digit)) return !word.empty();
  return word.size() >= 8 && std::all_of(word.begin(), word.end(), is_hex) &&
         std::any_of(word.begin(), word.end(), is_digit);
}

// Serial numbers between separators become "#". A local part that is one word
// stays: 12345@example.com is somebody.
std::string without_serials(const std::string& local) {
  std::string out;
  for (std::size_t start = 0;;) {
    const auto end = static_cast<std::size_t>(
        std::find_if(local.begin() + static_cast<std::ptrdiff_t>(start), local.end(), is_separator) -
        local.begin());
    const std::string_view word = std::string_view(local).substr(start, end - start);
    const bool alone = start == 0 && end == local.size();
    if (!alone && is_serial(word)) {
      out += '#';
    } else {
      out += word;
    }
    if (end == local.size()) return out;
    out += local[end];
    start = end + 1;
  }
}

std::string join(const std::string& local, const std::string& domain) {
  std::string out = domain.empty() ? local : local + "@" + domain;
  if (out.size() > kMaxKey) out.resize(kMaxKey);
  return out;
}

bool is_quoted(std::string_view local) { return !local.empty() && local.front() == '"'; }

}  // namespace

std::string greylist_sender(const Address& sender) {
  if (sender.is_null()) return "<>";
  std::string local = ascii_lower(sender.local());
  if (!is_quoted(local)) local = without_serials(without_extension(without_srs_time(without_batv(local))));
  return join(local, sender.domain());
}

std::string greylist_recipient(const Address& recipient) {
  if (recipient.is_null()) return "<>";
  const std::string local = ascii_lower(recipient.local());
  return join(is_quoted(local) ? local : without_extension(local), recipient.domain());
}

std::string greylist_client(const IpAddress& client, unsigned ipv4_prefix, unsigned ipv6_prefix) {
  return Network(client, client.is_v4() ? ipv4_prefix : ipv6_prefix).text();
}

}  // namespace mailreeve
