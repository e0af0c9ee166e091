// SPDX-License-Identifier: BSD-2-Clause
// The tree that explains a result, recorded during the evaluation. Costs
// nothing unless requested.
#ifndef MAILREEVE_SPF_TRACE_H
#define MAILREEVE_SPF_TRACE_H

#include <chrono>
#include <string_view>
#include <utility>
#include <vector>

#include "core/spf_outcome.h"
#include "spf/lookups.h"

namespace mailreeve {

class Trace {
 public:
  Trace(bool wanted, const Lookups& lookups) : wanted_(wanted), lookups_(lookups) {}

  bool wanted() const { return wanted_; }
  // Adds a line whose outcome is not yet known. The returned value identifies the line.
  std::size_t begin(unsigned depth, std::string_view text);
  // Appends text to a line.
  void add(std::size_t line, std::string_view text);
  void end(std::size_t line, std::string_view outcome);
  std::vector<SpfTrace> take() { return std::move(lines_); }

 private:
  bool wanted_;
  const Lookups& lookups_;
  std::vector<SpfTrace> lines_;
  std::vector<SteadyTime> begun_;
};

}  // namespace mailreeve

#endif
