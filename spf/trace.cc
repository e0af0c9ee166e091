// SPDX-License-Identifier: BSD-2-Clause
#include "spf/trace.h"

#include "spf/ascii.h"

namespace mailreeve {

std::size_t Trace::begin(unsigned depth, std::string_view text) {
  if (!wanted_) return 0;
  SpfTrace line;
  line.depth = depth;
  line.text = printable(text);
  lines_.push_back(std::move(line));
  begun_.push_back(SteadyClock::now());
  return lines_.size() - 1;
}

void Trace::add(std::size_t line, std::string_view text) {
  if (wanted_) lines_[line].text += printable(text);
}

void Trace::end(std::size_t line, std::string_view outcome) {
  if (!wanted_) return;
  SpfTrace& entry = lines_[line];
  entry.outcome = printable(outcome);
  entry.lookups = lookups_.terms();
  entry.void_lookups = lookups_.voids();
  entry.took = std::chrono::floor<Milliseconds>(SteadyClock::now() - begun_[line]);
}

}  // namespace mailreeve
