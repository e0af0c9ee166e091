// SPDX-License-Identifier: BSD-2-Clause
// Whether a DNS list does its work. One that does not is set aside, until a later test of its test points
// finds it well. Safe to call from any thread.
#ifndef MAILREEVE_DNSLISTS_LIST_HEALTH_H
#define MAILREEVE_DNSLISTS_LIST_HEALTH_H

#include <string>
#include <vector>

#include "core/log.h"
#include "core/resolver.h"
#include "dnslists/list_answer.h"
#include "dnslists/list_spec.h"
#include "util/guarded.h"

namespace mailreeve {

class ListHealth {
 public:
  // So many questions in a row without an answer are the list's fault.
  static constexpr unsigned kMostUnanswered = 5;
  // How often a list is tested.
  static constexpr Seconds kEvery{3600};
  // After this, and then after pauses that double, if it is set aside.
  static constexpr Seconds kFirstPause{60};

  ListHealth(ListKind kind, std::string zone, Log& log) : kind_(kind), zone_(std::move(zone)), log_(log) {}

  ListKind kind() const { return kind_; }
  const std::string& zone() const { return zone_; }

  // Empty while it is in use; else why it is set aside.
  std::string problem();
  bool in_use();
  // Whether what it said earlier counts: it is in use, or has done nothing worse than not to answer.
  bool is_believed();

  // What mail has met.
  void note(const ListAnswer& answer);

  // Whether it is to be tested now; the caller then asks test_points() and tells what it hears.
  bool is_due();
  std::vector<Question> test_points() const;
  void note_test(std::span<const DnsAnswer> answers);

 private:
  struct Problem {
    std::string why;  // empty: there is none
    bool silent = false;
  };
  struct State {
    Problem problem;
    unsigned unanswered = 0;  // in a row
    unsigned bad_tests = 0;   // in a row
    SteadyTime since;         // when it was set aside
    SteadyTime next_test;     // the first one at once
  };

  static Problem silence(const ListAnswer& answer);
  Problem judge(std::span<const DnsAnswer> answers) const;
  void set_aside(State& state, Problem problem);

  const ListKind kind_;
  const std::string zone_;
  Log& log_;
  Guarded<State> state_;
};

}  // namespace mailreeve

#endif
