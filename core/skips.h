// SPDX-License-Identifier: BSD-2-Clause
// The policies that an access rule keeps from judging some mail. Values.
#ifndef MAILREEVE_CORE_SKIPS_H
#define MAILREEVE_CORE_SKIPS_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace mailreeve {

enum class Skip { Greylist, Spf, Reputation, Quota, SenderAuth };

// The same as Policy::name().
std::string_view to_string(Skip skip);
std::optional<Skip> skip_named(std::string_view policy);

class Skips {
 public:
  static Skips all();

  void add(Skip skip) { bits_ = static_cast<std::uint8_t>(bits_ | bit(skip)); }
  bool has(Skip skip) const { return (bits_ & bit(skip)) != 0; }
  bool has(std::string_view policy) const;
  bool empty() const { return bits_ == 0; }

  bool operator==(const Skips&) const = default;

 private:
  static std::uint8_t bit(Skip skip) { return static_cast<std::uint8_t>(1U << static_cast<unsigned>(skip)); }
  std::uint8_t bits_ = 0;
};

// "greylist,spf"
std::string to_string(Skips skips);

}  // namespace mailreeve

#endif
