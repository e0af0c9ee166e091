// SPDX-License-Identifier: BSD-2-Clause
// The tree that shows how a result came about, written while it does. Costs
// nothing unless it is wanted.
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
  // A line whose outcome is still to come; what is returned names it.
  std::size_t begin(unsigned depth, std::string_view text);
  // More text for a line that has begun.
  void add(std::size_t line, std::string_view text);
  void end(std::size_t line, std::string_view outcome);
  std::vector<SpfTrace> take() { return std::move(lines_); }

 private:
  bool wanted_;
  const Lookups& lookups_;
  std::vector<SpfTrace> lines_;
  std::vector<std::chrono::steady_clock::time_point> begun_;
};

}  // namespace mailreeve

#endif
