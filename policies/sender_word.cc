// SPDX-License-Identifier: BSD-2-Clause
#include "policies/sender_word.h"

#include <algorithm>
#include <cstddef>

namespace mailreeve {

namespace {

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
bool is_hex(char c) { return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'f'); }

// Octets of UTF-8 as well: their scripts are not ours to judge.
bool is_vowel(char c) {
  return std::string_view("aeiou").find(lower(c)) != std::string_view::npos ||
         static_cast<unsigned char>(c) > 0x7f;
}

// "y" is spoken as a vowel where no other stands beside it.
bool is_spoken_vowel(std::string_view word, std::size_t at) {
  if (lower(word[at]) != 'y') return is_vowel(word[at]);
  return !(at > 0 && is_vowel(word[at - 1])) && !(at + 1 < word.size() && is_vowel(word[at + 1]));
}

// The most octets behind one another that are consonants.
std::size_t consonant_run(std::string_view word) {
  std::size_t run = 0;
  std::size_t longest = 0;
  for (std::size_t i = 0; i < word.size(); ++i) {
    run = is_spoken_vowel(word, i) ? 0 : run + 1;
    longest = std::max(longest, run);
  }
  return longest;
}

// "kQzXbTpw", not "DoNotReply": at least two of what begins with a capital, or with the
// word, have one or two letters.
bool is_mixed_case(std::string_view word) {
  if (std::none_of(word.begin(), word.end(), is_upper) || std::none_of(word.begin(), word.end(), is_lower))
    return false;
  int short_humps = 0;
  std::size_t start = 0;
  for (std::size_t i = 1; i <= word.size(); ++i) {
    if (i < word.size() && !is_upper(word[i])) continue;
    short_humps += i - start < 3 ? 1 : 0;
    start = i;
  }
  return short_humps >= 2;
}

bool letters_made_up(std::string_view word, WordPlace place) {
  if (is_mixed_case(word)) return true;
  return word.size() >= (place == WordPlace::Alone ? 12 : 6) && consonant_run(word) >= 5;
}

// Digits behind letters: "web12", "john1985".
bool numbered_made_up(std::size_t digits, WordPlace place) {
  return digits >= 4 || place == WordPlace::Numbered;
}

// Digits among letters: "3a7qf1s8", "4you", "b2b".
bool mixture_made_up(std::string_view word, WordPlace place) {
  switch (place) {
    case WordPlace::Alone:
      return word.size() >= 8;
    case WordPlace::Dotted:
      return word.size() >= 5;
    case WordPlace::Numbered:
      return true;
  }
  return true;
}

}  // namespace

bool is_made_up(std::string_view word, WordPlace place) {
  const auto digits = static_cast<std::size_t>(std::count_if(word.begin(), word.end(), is_digit));
  if (digits == 0) return letters_made_up(word, place);
  // 12345@example.com is somebody.
  if (digits == word.size()) return place != WordPlace::Alone || digits >= 12;
  if (word.size() >= 8 && std::all_of(word.begin(), word.end(), is_hex)) return true;
  const auto letters = word.substr(0, word.size() - digits);
  if (std::any_of(letters.begin(), letters.end(), is_digit)) return mixture_made_up(word, place);
  return numbered_made_up(digits, place) || letters_made_up(letters, place);
}

bool is_name_word(std::string_view word) {
  if (word.size() < 2 || std::any_of(word.begin(), word.end(), is_digit)) return false;
  const bool speakable = consonant_run(word) < word.size();
  if (std::none_of(word.begin(), word.end(), is_upper)) return word.size() >= 3 || speakable;
  const auto behind_first = word.substr(1);
  return word.size() >= 5 && speakable &&
         (std::none_of(word.begin(), word.end(), is_lower) ||
          std::none_of(behind_first.begin(), behind_first.end(), is_upper));
}

}  // namespace mailreeve
