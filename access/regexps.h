// SPDX-License-Identifier: BSD-2-Clause
// Many regular expressions, matched together against text from strangers, in time that is linear
// in the text; on RE2. Immutable, usable from any thread.
//
// They ignore case, match anywhere in the text unless anchored, and take the text for UTF-8; text
// that is not has a "?" for each octet beyond ASCII.
#ifndef MAILREEVE_ACCESS_REGEXPS_H
#define MAILREEVE_ACCESS_REGEXPS_H

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace mailreeve {

// A sentence, if RE2 does not take this as a regular expression, or only with too much memory;
// else empty.
std::string regexp_error(std::string_view expression);

class Regexps {
 public:
  // All must be free of errors.
  explicit Regexps(const std::vector<std::string>& expressions);
  ~Regexps();
  Regexps(Regexps&&) noexcept;
  Regexps& operator=(Regexps&&) noexcept;

  bool empty() const { return parts_.empty(); }
  // The numbers of those that match, from 0, in ascending order.
  std::vector<std::size_t> matching(std::string_view text) const;

 private:
  struct Part;
  std::vector<Part> parts_;
};

}  // namespace mailreeve

#endif
