// SPDX-License-Identifier: BSD-2-Clause
#include "config/mdoc.h"

#include <algorithm>

namespace mailreeve {

namespace {

constexpr std::size_t kWidth = 78;

bool ends_sentence(std::string_view word) {
  return !word.empty() && (word.back() == '.' || word.back() == '?');
}

class Filler {
 public:
  void macro(std::string_view line) {
    end_line();
    out_ += line;
    out_ += '\n';
  }

  void prose(std::string_view line) {
    while (!line.empty()) {
      const auto end = std::min(line.find(' '), line.size());
      word(line.substr(0, end));
      line.remove_prefix(std::min(end + 1, line.size()));
    }
  }

  std::string finish() {
    end_line();
    return std::move(out_);
  }

 private:
  void word(std::string_view text) {
    if (text.empty()) return;
    if (!line_.empty() && line_.size() + 1 + text.size() > kWidth) end_line();
    if (!line_.empty()) line_ += ' ';
    // A line that begins with a dot or an apostrophe would be a macro.
    if (line_.empty() && (text.front() == '.' || text.front() == '\'')) line_ += "\\&";
    line_ += text;
    if (ends_sentence(text)) end_line();
  }

  void end_line() {
    if (line_.empty()) return;
    out_ += line_ + '\n';
    line_.clear();
  }

  std::string out_;
  std::string line_;
};

}  // namespace

std::string mdoc_text(std::string_view text) {
  Filler filler;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    const auto line = text.substr(0, end);
    if (line.starts_with('.')) {
      filler.macro(line);
    } else {
      filler.prose(line);
    }
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return filler.finish();
}

}  // namespace mailreeve
