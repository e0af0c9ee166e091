// SPDX-License-Identifier: BSD-2-Clause
// One connection's side of the milter protocol: octets of the MTA in, octets for it out.
// Knows no sockets. One caller at a time.
#ifndef MAILREEVE_MILTER_NATIVE_DIALOGUE_H
#define MAILREEVE_MILTER_NATIVE_DIALOGUE_H

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "milter/mta_connection.h"
#include "milter/native/packets.h"
#include "milter/native/stage_macros.h"

namespace mailreeve::milter {

class Dialogue {
 public:
  // `sessions` has a runtime.
  explicit Dialogue(Sessions& sessions) : sessions_(sessions) {}

  // Carries out the complete packets at the front of `in` and removes them; appends the
  // answers to `out`. False: the MTA has said goodbye. Throws ProtocolError if it broke
  // the protocol: an order of commands that no MTA has, or a packet that cannot be. The
  // connection ends then. Answers to earlier packets are in `out` in any case.
  bool take(std::string_view& in, std::string& out);

 private:
  enum class Expected { Negotiation, Connect, Commands };

  void act(const Packet& packet, std::string& out);
  void negotiate(std::string_view data, std::string& out);
  void connect(std::string_view data);
  Answer mail(std::string_view data);
  Answer rcpt(std::string_view data);
  void end_message(std::string& out);
  void go_on(std::uint32_t silent, std::string& out) const;
  // Whether the MTA agreed to the action; if not, the log is told.
  bool may(std::uint32_t action, std::string_view what);

  Sessions& sessions_;
  std::optional<MtaConnection> connection_;
  StageMacros macros_;
  Expected expected_ = Expected::Negotiation;
  // As agreed.
  std::uint32_t actions_ = 0;
  std::uint32_t steps_ = 0;
};

}  // namespace mailreeve::milter

#endif
