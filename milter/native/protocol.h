// SPDX-License-Identifier: BSD-2-Clause
// The numbers of the milter protocol, versions 2 to 6, as Sendmail's libmilter defines
// them (mfdef.h).
#ifndef MAILREEVE_MILTER_NATIVE_PROTOCOL_H
#define MAILREEVE_MILTER_NATIVE_PROTOCOL_H

#include <cstddef>
#include <cstdint>

namespace mailreeve::milter {

inline constexpr std::uint32_t kOldestVersion = 2;
inline constexpr std::uint32_t kVersion = 6;

// The longest packet, its letter included. MTAs send chunks of at most 64 KiB, and
// commands and headers that are little longer.
inline constexpr std::size_t kLongestPacket = 1024UL * 1024;

// From the MTA.
inline constexpr char kAbort = 'A';
inline constexpr char kBody = 'B';
inline constexpr char kConnect = 'C';
inline constexpr char kMacros = 'D';
inline constexpr char kEndOfMessage = 'E';
inline constexpr char kHelo = 'H';
inline constexpr char kQuitForNext = 'K';
inline constexpr char kHeader = 'L';
inline constexpr char kMail = 'M';
inline constexpr char kEndOfHeaders = 'N';
inline constexpr char kNegotiate = 'O';
inline constexpr char kQuit = 'Q';
inline constexpr char kRcpt = 'R';
inline constexpr char kData = 'T';
inline constexpr char kUnknown = 'U';

// To the MTA.
inline constexpr char kContinue = 'c';
inline constexpr char kTryLater = 't';
inline constexpr char kReply = 'y';
inline constexpr char kInsertHeader = 'i';
inline constexpr char kChangeHeader = 'm';

// Actions.
inline constexpr std::uint32_t kMayAddHeaders = 0x1;
inline constexpr std::uint32_t kMayChangeHeaders = 0x10;
inline constexpr std::uint32_t kMayListMacros = 0x100;

// Steps that the MTA leaves out.
inline constexpr std::uint32_t kNoBody = 0x10;
inline constexpr std::uint32_t kNoHeaders = 0x20;
inline constexpr std::uint32_t kNoUnknown = 0x100;

// Steps without an answer.
inline constexpr std::uint32_t kSilentHeader = 0x80;
inline constexpr std::uint32_t kSilentConnect = 0x1000;
inline constexpr std::uint32_t kSilentHelo = 0x2000;
inline constexpr std::uint32_t kSilentMail = 0x4000;
inline constexpr std::uint32_t kSilentUnknown = 0x20000;
inline constexpr std::uint32_t kSilentEndOfHeaders = 0x40000;
inline constexpr std::uint32_t kSilentBody = 0x80000;

}  // namespace mailreeve::milter

#endif
