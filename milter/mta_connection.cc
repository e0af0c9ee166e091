// SPDX-License-Identifier: BSD-2-Clause
#include "milter/mta_connection.h"

#include <charconv>
#include <exception>
#include <utility>

#include "core/idna.h"

namespace mailreeve {

namespace {

// Nobody waits for it, but the session's next command does.
constexpr Milliseconds kPatienceAtAbort{5000};
// libmilter may hold a lock that all its threads need, so this must not take long.
constexpr Milliseconds kPatienceAtClose{1000};

// "size=" and digits; 0 if it is not that.
std::int64_t announced_size(std::string_view word) {
  constexpr std::string_view kSize = "size=";
  if (!word.starts_with(kSize)) return 0;
  std::int64_t size = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data() + kSize.size(), end, size);
  return error == std::errc() && stop == end && size > 0 ? size : 0;
}

Answer answer(std::optional<Reply> refusal) {
  if (!refusal) return {};
  return {.kind = Answer::Kind::Refuse, .reply = std::move(refusal)};
}

Terms terms_of(const Conversation& conversation) {
  return {.no_headers = !conversation.reads_headers(), .no_answer_at_mail = !conversation.decides_at_mail()};
}

}  // namespace

void read_parameter(std::string_view word, MailParameters& parameters) {
  const std::string lower = ascii_lower(word);
  if (lower == "smtputf8") parameters.smtputf8 = true;
  if (parameters.size == 0) parameters.size = announced_size(lower);
}

std::string escaped_text(const Reply& reply) {
  std::string out;
  for (const char c : reply.text()) out.append(c == '%' ? 2 : 1, c);
  return out;
}

MtaConnection::MtaConnection(Sessions& sessions)
    : sessions_(sessions), open_(sessions.count_open()), runtime_(sessions.runtime()) {
  conversation_.emplace(runtime_);
  terms_ = terms_of(*conversation_);
}

MtaConnection::~MtaConnection() {
  guarded([&] {
    give_up(kPatienceAtClose);
    return Answer();
  });
}

template <typename Body>
Answer MtaConnection::guarded(Body body) noexcept {
  const auto counted = sessions_.count_running();
  try {
    return body();
  } catch (const std::exception& error) {
    sessions_.report(Event::Bug, {{"error", std::string_view(error.what())}});
  } catch (...) {
    sessions_.report(Event::Bug, {{"error", "an exception of unknown type"}});
  }
  return {.kind = Answer::Kind::TryLater};
}

template <typename Body>
Answer MtaConnection::step(Body body) noexcept {
  return guarded([&]() -> Answer {
    if (sessions_.refusing()) return {.kind = Answer::Kind::TryLater};
    return body();
  });
}

// One that belongs to a message. Put off at DATA, Postfix 3.7 is spared the loss of its
// smtpd(8), which does not survive a second content.
template <typename Body>
Answer MtaConnection::step_of_message(Body body) noexcept {
  return step([&]() -> Answer {
    static const ReplyTemplate kBeginAgain("Please begin this message again with MAIL",
                                           ReplyTemplate::Class::Temporary, "451 4.5.1", {});
    if (!conversation_->in_transaction()) return answer(kBeginAgain.render({}));
    return body();
  });
}

void MtaConnection::give_up(Milliseconds patience) {
  in_content_ = false;
  conversation_->abort(Deadline(patience));
}

void MtaConnection::connect(std::string_view name, std::optional<IpAddress> client, const Macros& macros) {
  guarded([&] {
    conversation_->connect(name, client, macros);
    return Answer();
  });
}

void MtaConnection::helo(std::string_view name) {
  guarded([&] {
    // HELO ends a message in progress (RFC 5321 section 4.1.4).
    if (conversation_->in_transaction()) give_up(kPatienceAtAbort);
    conversation_->helo(name);
    return Answer();
  });
}

Answer MtaConnection::mail(std::string_view path, const MailParameters& parameters, const Macros& macros) {
  in_content_ = false;
  return step([&] { return answer(conversation_->mail(path, parameters, macros)); });
}

Answer MtaConnection::rcpt(std::string_view path, const Macros& macros) {
  leave_content();
  return step_of_message([&] { return answer(conversation_->rcpt(path, macros)); });
}

Answer MtaConnection::data(const Macros& macros) {
  leave_content();
  return step_of_message([&] {
    in_content_ = true;
    conversation_->data(macros);
    return Answer();
  });
}

void MtaConnection::header(std::string_view name, std::string_view value) {
  guarded([&] {
    in_content_ = true;
    conversation_->header(name, value);
    return Answer();
  });
}

Answer MtaConnection::end_of_message(const Macros& macros, Ending& ending) {
  in_content_ = false;
  return step_of_message([&] {
    ending = conversation_->end_of_message(macros);
    return answer(std::move(ending.refusal));
  });
}

void MtaConnection::abort() {
  guarded([&] {
    give_up(kPatienceAtAbort);
    return Answer();
  });
}

// Where the MTA has refused a message's content only, RCPT or DATA may follow.
void MtaConnection::leave_content() {
  if (in_content_) abort();
}

void MtaConnection::next_client() {
  guarded([&] {
    give_up(kPatienceAtAbort);
    // A newer runtime may not fit what was agreed.
    auto now = sessions_.runtime();
    if (terms_of(Conversation(now)) == terms_) runtime_ = std::move(now);
    conversation_.emplace(runtime_);
    return Answer();
  });
}

}  // namespace mailreeve
