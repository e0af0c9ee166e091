// SPDX-License-Identifier: BSD-2-Clause
#include "core/header_address.h"

#include <string>

namespace mailreeve {

namespace {

constexpr std::size_t kMost = 100;
constexpr int kDeepest = 20;  // nested comments

struct Token {
  enum class Kind { Word, Quoted, Literal, Special, End, Broken };
  Kind kind = Kind::End;
  std::string_view text{};

  bool is(char special) const { return kind == Kind::Special && text.front() == special; }
  bool is_word() const { return kind == Kind::Word || kind == Kind::Quoted; }
};

// Splits into the words and specials of RFC 5322 section 3.2; drops comments and whitespace.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { advance(); }

  const Token& peek() const { return next_; }
  Token take() {
    const Token out = next_;
    advance();
    return out;
  }

 private:
  void advance() { next_ = skip_blanks_and_comments() ? read() : Token{.kind = Token::Kind::Broken}; }

  bool skip_blanks_and_comments() {
    while (!rest_.empty()) {
      if (rest_.front() == '(') {
        if (!skip_comment()) return false;
      } else if (std::string_view(" \t\r\n").find(rest_.front()) != std::string_view::npos) {
        rest_.remove_prefix(1);
      } else {
        break;
      }
    }
    return true;
  }

  bool skip_comment() {
    int depth = 0;
    for (std::size_t i = 0; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '(') {
        if (++depth > kDeepest) return false;
      } else if (rest_[i] == ')' && --depth == 0) {
        rest_.remove_prefix(i + 1);
        return true;
      }
    }
    return false;
  }

  Token read() {
    if (rest_.empty()) return {};
    if (rest_.front() == '"') return read_quoted();
    if (rest_.front() == '[') return read_literal();
    if (is_special(rest_.front())) return cut(1, Token::Kind::Special);
    std::size_t size = 0;
    while (size < rest_.size() && is_text(rest_[size])) ++size;
    return cut(size, size == 0 ? Token::Kind::Broken : Token::Kind::Word);
  }

  Token read_quoted() {
    for (std::size_t i = 1; i < rest_.size(); ++i) {
      if (rest_[i] == '\\') {
        ++i;
      } else if (rest_[i] == '"') {
        return cut(i + 1, Token::Kind::Quoted);
      }
    }
    return {.kind = Token::Kind::Broken};
  }

  // Rejects whitespace, quotes and brackets inside: no domain needs them.
  Token read_literal() {
    std::size_t size = 1;
    while (size < rest_.size() && (is_text(rest_[size]) || rest_[size] == '.' || rest_[size] == ':')) ++size;
    if (size == rest_.size() || rest_[size] != ']') return {.kind = Token::Kind::Broken};
    return cut(size + 1, Token::Kind::Literal);
  }

  Token cut(std::size_t size, Token::Kind kind) {
    const Token out{.kind = kind, .text = rest_.substr(0, size)};
    rest_.remove_prefix(size);
    return out;
  }

  static bool is_special(char c) {
    return std::string_view("()<>[]:;@\\,.\"").find(c) != std::string_view::npos;
  }
  // Octets above 127 are letters (RFC 6532).
  static bool is_text(char c) {
    const auto octet = static_cast<unsigned char>(c);
    return octet > 0x20 && octet != 0x7f && !is_special(c);
  }

  std::string_view rest_;
  Token next_;
};

class AddressList {
 public:
  explicit AddressList(std::string_view text) : tokens_(text) {}

  std::optional<std::vector<Address>> read() {
    do {
      if (!read_address(false)) return std::nullopt;
    } while (skip(','));
    if (tokens_.peek().kind != Token::Kind::End || out_.empty()) return std::nullopt;
    return std::move(out_);
  }

 private:
  bool skip(char special) {
    if (!tokens_.peek().is(special)) return false;
    tokens_.take();
    return true;
  }

  // Accepts an empty address: "a@b,,c@d" (RFC 5322 section 4.4).
  bool read_address(bool in_group) {
    bool phrase = true;  // it may still be a display name
    std::string text = read_part(phrase);
    if (phrase && skip('<')) {
      bool unused = true;
      text = read_part(unused);
      return skip('>') && add(text);
    }
    if (phrase && !in_group && skip(':')) return read_group();
    return text.empty() || add(text);
  }

  bool read_group() {
    do {
      if (!read_address(true)) return false;
    } while (skip(','));
    return skip(';');
  }

  // Reads words, dots and other parts of an address, without what separates them. Words
  // separated only by whitespace keep a space and thus are not an address.
  std::string read_part(bool& phrase) {
    std::string out;
    bool after_word = false;
    for (;; tokens_.take()) {
      const Token& token = tokens_.peek();
      const bool literal = token.kind == Token::Kind::Literal;
      const bool joint = token.is('.') || token.is('@');
      if (!token.is_word() && !literal && !joint) return out;
      if (token.is('@') || literal) phrase = false;
      if (after_word && !joint) out += ' ';
      out += token.text;
      after_word = !joint;
    }
  }

  bool add(const std::string& text) {
    // Text that begins with "@" has no local part; Address might read it as a route.
    if (out_.size() == kMost || text.starts_with('@')) return false;
    Address address = Address::parse(text);
    if (address.is_null() || address.malformed() || address.domain().empty()) return false;
    out_.push_back(std::move(address));
    return true;
  }

  Tokens tokens_;
  std::vector<Address> out_;
};

}  // namespace

std::optional<std::vector<Address>> header_addresses(std::string_view value) {
  return AddressList(value).read();
}

}  // namespace mailreeve
