// SPDX-License-Identifier: BSD-2-Clause
// The words of a sender's local part, for the greylist's key: which of them are names,
// and which a system makes up for each message.
#ifndef MAILREEVE_POLICIES_SENDER_WORD_H
#define MAILREEVE_POLICIES_SENDER_WORD_H

#include <string_view>

namespace mailreeve {

// Where a word stands.
enum class WordPlace {
  Alone,     // it is all of the local part: more likely a name
  Dotted,    // only "." stands beside it: the parts of a name
  Numbered,  // "-", "_", "=" and such stand beside it: what systems write
};

// `word`: ASCII letters in the case that the client wrote, digits, and octets above 127,
// which are letters. True for a serial number, hexadecimal digits, digits among letters, a
// random mixture of cases, and letters that nobody could speak. Taking a name for made up
// costs little (two senders of one domain are one), the reverse a wait for each message.
bool is_made_up(std::string_view word, WordPlace place);

// Letters that are likely a name, and not how a random word happens to begin: three small
// ones, two with a vowel, or five that are capitals or begin with one.
bool is_name_word(std::string_view word);

}  // namespace mailreeve

#endif
