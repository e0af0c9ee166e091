// SPDX-License-Identifier: BSD-2-Clause
// Signs against a client, and the points of each. Values.
#ifndef MAILREEVE_CORE_SIGN_H
#define MAILREEVE_CORE_SIGN_H

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace mailreeve {

enum class Sign {
  HeloRelated,      // not its name, but a name of the same domain, or its address in brackets
  HeloUnrelated,    // neither its name nor a name of the same domain
  HeloBareAddress,  // an address without brackets
  HeloMissing,      // it sent no HELO
  HeloOurs,         // our name, or our address
  DynamicName,      // its verified name looks like that of a customer's line
  NoName,           // the MTA could not verify a name
  SameAddress,      // the sender is the recipient
  SpfNone,
  SpfSoftfail,
  SpfFail,
};
inline constexpr std::size_t kSigns = 11;

// "helo-related": for the log and the configuration.
std::string_view to_string(Sign sign);

class SignPoints {
 public:
  static constexpr unsigned kMost = 100;  // for one sign

  unsigned of(Sign sign) const { return points_[static_cast<std::size_t>(sign)]; }
  // Reads "spf-fail=3". Throws std::invalid_argument with a sentence for the admin.
  void set(std::string_view word);
  // All of them, with blanks between: "helo-related=1 helo-unrelated=2 ...".
  std::string text() const;

  bool operator==(const SignPoints&) const = default;

 private:
  std::array<unsigned, kSigns> points_{1, 2, 2, 2, 3, 2, 2, 1, 0, 1, 2};  // in the order of Sign
};

}  // namespace mailreeve

#endif
