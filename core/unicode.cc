// SPDX-License-Identifier: BSD-2-Clause
#include "core/unicode.h"

#include <unicase.h>
#include <unictype.h>
#include <uninorm.h>
#include <unistr.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <new>

#include "core/idna.h"

namespace mailreeve {

namespace {

const std::uint8_t* octets(std::string_view text) {
  return reinterpret_cast<const std::uint8_t*>(text.data());
}

// Returns the size of the whitespace character at the beginning. Octets that are not
// UTF-8 are not whitespace.
std::size_t leading_blank(std::string_view text, bool valid) {
  ucs4_t character = static_cast<unsigned char>(text.front());
  const int size = valid ? u8_mbtouc_unsafe(&character, octets(text), text.size()) : 1;
  const bool known = valid || character < 0x80;
  return known && uc_is_property_white_space(character) ? static_cast<std::size_t>(size) : 0;
}

std::size_t trailing_blank(std::string_view text, bool valid) {
  const std::uint8_t* const end = octets(text) + text.size();
  ucs4_t character = *(end - 1);
  const std::uint8_t* const last = valid ? u8_prev(&character, end, octets(text)) : end - 1;
  const bool known = valid || character < 0x80;
  return known && uc_is_property_white_space(character) ? static_cast<std::size_t>(end - last) : 0;
}

}  // namespace

std::string fold_case(std::string_view text) {
  if (is_ascii(text) || !is_utf8(text)) return ascii_lower(text);
  std::size_t size = 0;
  const std::unique_ptr<std::uint8_t, void (*)(void*)> folded(
      u8_tolower(octets(text), text.size(), nullptr, UNINORM_NFC, nullptr, &size), std::free);
  if (!folded) throw std::bad_alloc();
  return {reinterpret_cast<const char*>(folded.get()), size};
}

std::string capitals_beyond_ascii(std::string_view text) {
  if (is_ascii(text) || !is_utf8(text)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    ucs4_t character = 0;
    const int size = u8_mbtouc_unsafe(&character, octets(text), text.size());
    std::array<std::uint8_t, 6> written{};
    const ucs4_t wanted = character < 0x80 ? character : uc_toupper(character);
    const int length = u8_uctomb(written.data(), wanted, written.size());
    if (length > 0)
      out.append(reinterpret_cast<const char*>(written.data()), static_cast<std::size_t>(length));
    text.remove_prefix(static_cast<std::size_t>(size));
  }
  return out;
}

std::string_view trimmed(std::string_view text) {
  const bool valid = is_utf8(text);
  std::size_t blank = 0;
  while (!text.empty() && (blank = leading_blank(text, valid)) > 0) text.remove_prefix(blank);
  while (!text.empty() && (blank = trailing_blank(text, valid)) > 0) text.remove_suffix(blank);
  return text;
}

std::string_view cut(std::string_view text, std::size_t most) {
  if (text.size() <= most) return text;
  const auto continues = [](char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; };
  std::size_t end = most;
  // No character has more than three octets after its first.
  while (end > 0 && most - end < 3 && continues(text[end])) --end;
  return text.substr(0, continues(text[end]) ? most : end);
}

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x80; });
}

bool is_utf8(std::string_view text) { return u8_check(octets(text), text.size()) == nullptr; }

}  // namespace mailreeve
