// SPDX-License-Identifier: BSD-2-Clause
#include "config/value.h"

#include <algorithm>
#include <charconv>
#include <stdexcept>

namespace mailreeve {

namespace {

template <typename T>
struct Word {
  const char* name;
  T value;
};

constexpr Word<bool> kBooleans[] = {{"yes", true}, {"no", false}};
constexpr Word<Mode> kModes[] = {{"enforce", Mode::Enforce}, {"monitor", Mode::Monitor}};
constexpr Word<LogFormat> kLogFormats[] = {{"text", LogFormat::Text}, {"json", LogFormat::Json}};
constexpr Word<Severity> kSeverities[] = {{"error", Severity::Error},
                                          {"warning", Severity::Warning},
                                          {"notice", Severity::Notice},
                                          {"info", Severity::Info}};
constexpr Word<GreylistApply> kApplies[] = {{"all", GreylistApply::All}, {"never", GreylistApply::Never}};
constexpr Word<SpfApply> kSpfApplies[] = {{"all", SpfApply::All}, {"never", SpfApply::Never}};
constexpr Word<SpfEngineChoice> kSpfEngines[] = {{"native", SpfEngineChoice::Native},
                                                 {"libspf2", SpfEngineChoice::Libspf2}};
constexpr Word<AuthenticationResults> kAuthenticationResults[] = {{"no", AuthenticationResults::No},
                                                                  {"inbound", AuthenticationResults::Inbound},
                                                                  {"all", AuthenticationResults::All}};
constexpr Word<OnFailure> kOnFailures[] = {{"accept", OnFailure::Accept}, {"defer", OnFailure::Defer}};
constexpr Word<EarlyRetry> kEarlyRetries[] = {
    {"keep", EarlyRetry::Keep}, {"reset", EarlyRetry::Reset}, {"penalty", EarlyRetry::Penalty}};

template <typename T, std::size_t N>
void read_word(std::string_view text, const Word<T> (&words)[N], T& out) {
  std::string known;
  for (const auto& word : words) {
    if (text == word.name) {
      out = word.value;
      return;
    }
    known += (known.empty() ? "" : ", ") + std::string(word.name);
  }
  throw std::invalid_argument("must be one of: " + known);
}

template <typename T, std::size_t N>
std::string write_word(T value, const Word<T> (&words)[N]) {
  for (const auto& word : words)
    if (word.value == value) return word.name;
  throw std::logic_error("a value without a name");
}

Milliseconds read_duration(std::string_view text) {
  const auto span = parse_duration(text);
  if (!span)
    throw std::invalid_argument(
        "must be a duration with its unit (ms, s, m, h, d, w), for example 5m or 1h30m");
  return *span;
}

}  // namespace

void read_value(std::string_view text, std::string& out) { out = text; }
std::string write_value(const std::string& value) { return value; }

void read_value(std::string_view text, bool& out) { read_word(text, kBooleans, out); }
std::string write_value(bool value) { return write_word(value, kBooleans); }
void read_value(std::string_view text, Mode& out) { read_word(text, kModes, out); }
std::string write_value(Mode value) { return write_word(value, kModes); }
void read_value(std::string_view text, LogFormat& out) { read_word(text, kLogFormats, out); }
std::string write_value(LogFormat value) { return write_word(value, kLogFormats); }
void read_value(std::string_view text, Severity& out) { read_word(text, kSeverities, out); }
std::string write_value(Severity value) { return write_word(value, kSeverities); }
void read_value(std::string_view text, GreylistApply& out) { read_word(text, kApplies, out); }
std::string write_value(GreylistApply value) { return write_word(value, kApplies); }
void read_value(std::string_view text, SpfApply& out) { read_word(text, kSpfApplies, out); }
std::string write_value(SpfApply value) { return write_word(value, kSpfApplies); }
void read_value(std::string_view text, SpfEngineChoice& out) { read_word(text, kSpfEngines, out); }
std::string write_value(SpfEngineChoice value) { return write_word(value, kSpfEngines); }
void read_value(std::string_view text, AuthenticationResults& out) {
  read_word(text, kAuthenticationResults, out);
}
std::string write_value(AuthenticationResults value) { return write_word(value, kAuthenticationResults); }
void read_value(std::string_view text, OnFailure& out) { read_word(text, kOnFailures, out); }
std::string write_value(OnFailure value) { return write_word(value, kOnFailures); }
void read_value(std::string_view text, EarlyRetry& out) { read_word(text, kEarlyRetries, out); }
std::string write_value(EarlyRetry value) { return write_word(value, kEarlyRetries); }

void read_value(std::string_view text, unsigned& out) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (error != std::errc() || end != text.data() + text.size())
    throw std::invalid_argument("must be a whole number");
}
std::string write_value(unsigned value) { return std::to_string(value); }

void read_value(std::string_view text, Milliseconds& out) { out = read_duration(text); }
std::string write_value(Milliseconds value) { return format_duration(value); }

void read_value(std::string_view text, Seconds& out) {
  const auto span = read_duration(text);
  out = std::chrono::floor<Seconds>(span);
  if (out != span) throw std::invalid_argument("must be whole seconds");
}
std::string write_value(Seconds value) { return format_duration(value); }

void read_value(std::string_view text, std::vector<Network>& out) {
  out.clear();
  for (const auto& word : split_list(text)) {
    std::string plain = word;
    // Postfix writes [2001:db8::]/32.
    if (plain.front() == '[') std::erase_if(plain, [](char c) { return c == '[' || c == ']'; });
    const auto network = Network::parse(plain);
    if (!network)
      throw std::invalid_argument("\"" + word +
                                  "\" is no address and no network such as 192.0.2.0/24 or 2001:db8::/32");
    out.push_back(*network);
  }
}

std::string write_value(const std::vector<Network>& value) {
  std::string out;
  for (const auto& network : value) out += (out.empty() ? "" : " ") + network.text();
  return out;
}

void read_value(std::string_view text, std::vector<std::string>& out) { out = split_list(text); }
std::string write_value(const std::vector<std::string>& value) {
  std::string out;
  for (const auto& word : value) out += (out.empty() ? "" : " ") + word;
  return out;
}

void read_file_mode(std::string_view text, unsigned& out) {
  unsigned mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size() || mode > 0777)
    throw std::invalid_argument("must be an octal file mode such as 0660");
  out = mode;
}

std::string write_file_mode(unsigned value) {
  std::string out = "0";
  for (const int shift : {6, 3, 0}) out += static_cast<char>('0' + ((value >> shift) & 7));
  return out;
}

std::vector<std::string> split_list(std::string_view text) {
  constexpr std::string_view kSeparators = " \t,";
  std::vector<std::string> out;
  for (auto start = text.find_first_not_of(kSeparators); start != std::string_view::npos;) {
    const auto end = std::min(text.find_first_of(kSeparators, start), text.size());
    out.emplace_back(text.substr(start, end - start));
    start = text.find_first_not_of(kSeparators, end);
  }
  return out;
}

}  // namespace mailreeve
