// SPDX-License-Identifier: BSD-2-Clause
// A policy's decision, and the SMTP reply to the client. Values. It is
// impossible to make a reply whose code, enhanced code and kind disagree.
#ifndef MAILREEVE_CORE_VERDICT_H
#define MAILREEVE_CORE_VERDICT_H

#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mailreeve {

// A detail of a verdict, for the log: "waited" = 312.
struct Note {
  std::string_view name;  // a literal
  std::variant<std::string, std::int64_t> value;
};

class Reply;

// The value of a {placeholder} in a reply's text.
struct Substitution {
  std::string_view name;
  std::string_view value;
};

// The reply that an option describes: "[CODE [ENHANCED]] TEXT", for example
// "451 4.7.1 Greylisted, try again in {remaining} seconds ({ref})". Immutable.
class ReplyTemplate {
 public:
  enum class Class { Temporary = 4, Permanent = 5 };

  // Takes codes that `text` omits from `defaults`. Throws std::invalid_argument
  // with a sentence for the admin if a code is not a reply code of `expected`
  // (RFC 5321 section 4.2.1), if the enhanced code (RFC 3463) is of another
  // class, or if a {placeholder} is not in `known` ({ref} always is). Refuses
  // 421, which ends the session (RFC 5321 3.8).
  ReplyTemplate(std::string_view text, Class expected, std::string_view defaults,
                std::span<const std::string_view> known);
  ReplyTemplate(std::string_view text, Class expected, std::string_view defaults,
                std::initializer_list<std::string_view> known)
      : ReplyTemplate(text, expected, defaults, std::span(known.begin(), known.size())) {}

  // An empty placeholder also removes an adjacent space.
  Reply render(std::initializer_list<Substitution> values) const;
  // Returns "451 4.7.1 Text {ref}", which the constructor accepts.
  std::string source() const;

 private:
  int code_ = 0;
  std::string enhanced_;
  std::string text_;
};

class Reply {
 public:
  int code() const { return code_; }
  // "4.7.1"
  const std::string& enhanced() const { return enhanced_; }
  // Printable ASCII in one line, at most kMaxText octets.
  const std::string& text() const { return text_; }
  bool permanent() const { return code_ >= 500; }

  // RFC 5321 section 4.5.3.1.5 allows 512 octets for the whole line.
  static constexpr std::size_t kMaxText = 480;

 private:
  friend class ReplyTemplate;
  Reply(int code, std::string enhanced, std::string_view text);
  int code_;
  std::string enhanced_;
  std::string text_;
};

class Verdict {
 public:
  enum class Kind { Pass, Allow, Defer, Reject };

  // No objection; `reason` is a short word for the log, a literal.
  static Verdict pass(std::string_view reason = {}) { return {Kind::Pass, reason, {}}; }
  // No objection; no later policy is consulted about this recipient.
  static Verdict allow(std::string_view reason) { return {Kind::Allow, reason, {}}; }
  // Makes Defer or Reject, depending on the reply's class.
  static Verdict refuse(Reply reply, std::string_view reason);

  Kind kind() const { return kind_; }
  std::string_view reason() const { return reason_; }
  bool refuses() const { return kind_ == Kind::Defer || kind_ == Kind::Reject; }
  // Call only if refuses().
  const Reply& reply() const { return replies_.front(); }

  Verdict&& with(std::string_view name, std::int64_t value) &&;
  Verdict&& with(std::string_view name, std::string value) &&;
  const std::vector<Note>& notes() const { return notes_; }

 private:
  Verdict(Kind kind, std::string_view reason, std::vector<Reply> replies)
      : kind_(kind), reason_(reason), replies_(std::move(replies)) {}
  Kind kind_;
  std::string_view reason_;
  std::vector<Reply> replies_;  // one if it refuses, otherwise none
  std::vector<Note> notes_;
};

// "pass", "allow", "defer", "reject"
std::string_view to_string(Verdict::Kind kind);

}  // namespace mailreeve

#endif
