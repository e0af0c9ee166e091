// SPDX-License-Identifier: BSD-2-Clause
#include "access/regexps.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <algorithm>

#include "core/unicode.h"

namespace mailreeve {

namespace {

// Of one expression, compiled and with what RE2 remembers while it matches.
constexpr std::int64_t kMostMemory = std::int64_t{1} << 20;
// Of the expressions that are matched in one go. Large sets would need more memory than this,
// and then be matched one by one.
constexpr std::int64_t kMostMemoryOfSet = std::int64_t{8} << 20;
constexpr std::size_t kSet = 64;

RE2::Options options(std::int64_t memory) {
  RE2::Options out;
  out.set_log_errors(false);
  out.set_case_sensitive(false);
  out.set_dot_nl(true);
  out.set_max_mem(memory);
  return out;
}

std::string readable(std::string_view text) {
  std::string out(text);
  if (is_utf8(text)) return out;
  for (char& c : out)
    if (static_cast<unsigned char>(c) > 0x7f) c = '?';
  return out;
}

}  // namespace

std::string regexp_error(std::string_view expression) {
  const RE2 made(re2::StringPiece(expression.data(), expression.size()), options(kMostMemory));
  if (made.ok()) return "";
  if (made.error_code() == RE2::ErrorPatternTooLarge)
    return "\"" + std::string(expression) + "\" needs too much memory";
  return "\"" + std::string(expression) + "\" is not a regular expression of RE2: " + made.error();
}

// Some of the expressions: as a set, and one by one for where the set needs too much memory.
struct Regexps::Part {
  std::unique_ptr<RE2::Set> set;
  std::vector<std::unique_ptr<RE2>> single;
};

Regexps::Regexps(const std::vector<std::string>& expressions) {
  for (std::size_t from = 0; from < expressions.size(); from += kSet) {
    Part& part = parts_.emplace_back();
    part.set = std::make_unique<RE2::Set>(options(kMostMemoryOfSet), RE2::UNANCHORED);
    const std::size_t to = std::min(from + kSet, expressions.size());
    bool fits = true;
    for (std::size_t i = from; i < to; ++i) {
      fits = part.set->Add(expressions[i], nullptr) >= 0 && fits;
      part.single.push_back(std::make_unique<RE2>(expressions[i], options(kMostMemory)));
    }
    if (!fits || !part.set->Compile()) part.set.reset();
  }
}

Regexps::~Regexps() = default;
Regexps::Regexps(Regexps&&) noexcept = default;
Regexps& Regexps::operator=(Regexps&&) noexcept = default;

std::vector<std::size_t> Regexps::matching(std::string_view text) const {
  std::vector<std::size_t> out;
  if (parts_.empty()) return out;
  const std::string subject = readable(text);
  for (std::size_t number = 0; number < parts_.size(); ++number) {
    const Part& part = parts_[number];
    std::vector<int> found;
    RE2::Set::ErrorInfo error{RE2::Set::kNoError};
    if (part.set) part.set->Match(subject, &found, &error);
    if (!part.set || error.kind != RE2::Set::kNoError) {
      // RE2 by itself goes on without the memory that it lacks.
      found.clear();
      for (std::size_t i = 0; i < part.single.size(); ++i)
        if (RE2::PartialMatch(subject, *part.single[i])) found.push_back(static_cast<int>(i));
    }
    std::sort(found.begin(), found.end());
    for (const int i : found) out.push_back(number * kSet + static_cast<std::size_t>(i));
  }
  return out;
}

}  // namespace mailreeve
