// SPDX-License-Identifier: BSD-2-Clause
// Distinguishes words of a sender's local part, for the greylist's key: names, and words
// that a system makes up for each message.
#ifndef MAILREEVE_POLICIES_SENDER_WORD_H
#define MAILREEVE_POLICIES_SENDER_WORD_H

#include <string_view>

namespace mailreeve {

// The position of a word.
enum class WordPlace {
  Alone,     // the whole local part: more likely a name
  Dotted,    // next to "." only: part of a name
  Numbered,  // next to "-", "_", "=" and the like: typical of systems
};

// `word`: ASCII letters in the case that the client wrote, digits, and octets above 127,
// which are letters. True for a serial number, hexadecimal digits, digits among letters,
// random mixed case, and unpronounceable letters. Mistaking a name for a made-up word
// costs little (two senders of one domain are one), the opposite a wait for each message.
bool is_made_up(std::string_view word, WordPlace place);

// Whether the letters are likely a name, and not the beginning of a random word: three in lower
// case, two with a vowel, or five in capitals or with an initial capital.
bool is_name_word(std::string_view word);

}  // namespace mailreeve

#endif
