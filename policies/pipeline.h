// SPDX-License-Identifier: BSD-2-Clause
// The policies in their order, and the one place where a dead backend turns
// into a verdict.
#ifndef MAILREEVE_POLICIES_PIPELINE_H
#define MAILREEVE_POLICIES_PIPELINE_H

#include <cstddef>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "core/handling.h"
#include "core/policy.h"

namespace mailreeve {

struct Handling {
  OnFailure on_failure = OnFailure::Accept;
  Mode mode = Mode::Enforce;
};

struct Opinion {
  std::string_view policy;  // empty: none had a say
  Verdict verdict = Verdict::pass();
  bool monitored = false;  // it would have refused, but only reports that
};

// The opinions of all policies that were asked, in their order, and which of them decided.
struct Decision {
  std::vector<Opinion> asked;
  std::optional<std::size_t> decisive{};  // of `asked`: the one that decided, or spoke last

  const Opinion& opinion() const;
};

class Pipeline {
 public:
  // Adds policies in the order in which they are consulted.
  void add(std::unique_ptr<const Policy> policy, Handling handling = {});

  // Whether any policy is consulted at this stage.
  bool has(Stage stage) const;

  // Consults the policies of this stage and of the envelope's direction until one
  // refuses or allows, but for those that an access rule skips. Safe to call from any thread once all are
  // added.
  Decision judge(Stage stage, const Facts& facts, Findings& findings) const;

  // The message was abandoned. A dead backend does not undo its part.
  void take_back(const Facts& facts, Findings& findings) const;
  // The message was accepted. A dead backend does not record its part.
  void conclude(const Facts& facts, Findings& findings) const;

 private:
  struct Entry {
    std::unique_ptr<const Policy> policy;
    Handling handling;
  };
  static Verdict ask(const Entry& entry, const Facts& facts, Findings& findings);
  template <class Tell>
  void tell_all(const Facts& facts, Tell tell) const;

  std::vector<Entry> entries_;
};

}  // namespace mailreeve

#endif
