// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/callbacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <atomic>
#include <charconv>
#include <cstring>
#include <exception>
#include <mutex>
#include <stdexcept>

#include "core/idna.h"
#include "milter/conversation.h"

namespace mailreeve {

namespace {

class Current {
 public:
  std::shared_ptr<const Runtime> get() const {
    const std::lock_guard lock(mutex_);
    return runtime_;
  }
  void set(std::shared_ptr<const Runtime> runtime) {
    const std::lock_guard lock(mutex_);
    runtime_.swap(runtime);
  }

 private:
  mutable std::mutex mutex_;
  std::shared_ptr<const Runtime> runtime_;
};

// Never destroyed: callbacks may still run while the process ends.
Current& current() {
  static auto* const instance = new Current;
  return *instance;
}

std::atomic<int> running{0};
std::atomic<int> open_connections{0};
std::atomic<bool> refusing{false};
// None: libmilter makes something else of a 0.
std::atomic<unsigned long> teacher{0};

// Never destroyed, for the same reason.
WorkerSupply& supply() {
  static auto* const instance = new WorkerSupply;
  return *instance;
}

struct Running {
  Running() { ++running; }
  ~Running() { --running; }
  Running(const Running&) = delete;
  Running& operator=(const Running&) = delete;
};

void report_bug(const char* what) {
  if (const auto runtime = current().get())
    runtime->log.write(Event::Bug, {{"error", std::string_view(what)}});
}

// The wall: a bug costs the client a 4xx and us a line in the log, not the daemon.
template <typename Body>
sfsistat guarded(Body body, sfsistat otherwise = SMFIS_TEMPFAIL) noexcept {
  const Running counted;
  try {
    return body();
  } catch (const std::exception& error) {
    report_bug(error.what());
  } catch (...) {
    report_bug("an exception of unknown type");
  }
  return otherwise;
}

// A callback that may have to wait for DNS or a database.
class MayWait {
 public:
  MayWait() : begun_(supply().enter()) {}
  ~MayWait() { supply().leave(begun_); }
  MayWait(const MayWait&) = delete;
  MayWait& operator=(const MayWait&) = delete;

 private:
  WorkerSupply::Round begun_;
};

class ContextMacros final : public Macros {
 public:
  explicit ContextMacros(SMFICTX* context) : context_(context) {}
  std::string_view get(const char* name) const override {
    const char* value = smfi_getsymval(context_, const_cast<char*>(name));
    return value == nullptr ? std::string_view() : std::string_view(value);
  }

 private:
  SMFICTX* context_;
};

struct Connection {
  explicit Connection(bool by_negotiation) : conversation(current().get()), negotiated(by_negotiation) {}

  Conversation conversation;
  // Begun with the negotiation. The MTA may also go on to another client (QUIT_NC)
  // without one: what was agreed before is not known then.
  const bool negotiated;
};

// Null if the MTA never told of a connection.
Connection* connection_of(SMFICTX* context) { return static_cast<Connection*>(smfi_getpriv(context)); }

Conversation* conversation_of(SMFICTX* context) {
  Connection* connection = connection_of(context);
  return connection == nullptr ? nullptr : &connection->conversation;
}

void report_milter_error(const char* call) {
  if (const auto runtime = current().get())
    runtime->log.write(Event::MilterError, {{"call", std::string_view(call)}});
}

// The only place that sets a reply, and always right before it is used: libmilter
// keeps a reply for whatever fails later. "%" is doubled for Sendmail, which
// prints the text through a format; Postfix takes it back.
sfsistat refuse(SMFICTX* context, const Reply& reply) {
  std::string code = std::to_string(reply.code());
  std::string enhanced = reply.enhanced();
  std::string text;
  for (const char c : reply.text()) text.append(c == '%' ? 2 : 1, c);
  if (smfi_setreply(context, code.data(), enhanced.data(), text.data()) != MI_SUCCESS)
    report_milter_error("smfi_setreply");
  return reply.permanent() ? SMFIS_REJECT : SMFIS_TEMPFAIL;
}

std::optional<IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  if (address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, address, sizeof v4);
    std::array<std::uint8_t, 4> octets{};
    std::memcpy(octets.data(), &v4.sin_addr, octets.size());
    return IpAddress::v4(octets);
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, address, sizeof v6);
    std::array<std::uint8_t, 16> octets{};
    std::memcpy(octets.data(), &v6.sin6_addr, octets.size());
    return IpAddress::v6(octets);
  }
  return std::nullopt;
}

// libmilter may hold a lock that all its threads need, so this must not take long.
constexpr Milliseconds kPatienceAtClose{1000};

void close_conversation(SMFICTX* context) {
  Connection* connection = connection_of(context);
  if (connection == nullptr) return;
  connection->conversation.abort(Deadline(kPatienceAtClose));
  smfi_setpriv(context, nullptr);
  delete connection;
  --open_connections;
}

// At the negotiation, so that what is agreed there and what the connection then
// does come from one configuration.
void begin_conversation(SMFICTX* context, bool negotiated) {
  guarded([&]() -> sfsistat {
    close_conversation(context);
    auto connection = std::make_unique<Connection>(negotiated);
    if (smfi_setpriv(context, connection.get()) != MI_SUCCESS)
      throw std::runtime_error("smfi_setpriv failed");
    // libmilter's from here on, until close_conversation().
    (void)connection.release();
    ++open_connections;
    return SMFIS_CONTINUE;
  });
}

// What libmilter is to take for steps that may be left out (see teach_steps()).
constexpr unsigned long kTaught = SMFIP_NOMAIL | SMFIP_NORCPT | SMFIP_NOHDRS | SMFIP_NOEOH;

constexpr unsigned long kActions = SMFIF_ADDHDRS | SMFIF_CHGHDRS | SMFIF_SETSYMLIST;

sfsistat on_negotiate(SMFICTX* context, unsigned long offered_actions, unsigned long offered_steps,
                      unsigned long, unsigned long, unsigned long* actions, unsigned long* steps,
                      unsigned long* reserved1, unsigned long* reserved2) {
  *reserved1 = 0;
  *reserved2 = 0;
  if (offered_actions == teacher) {
    *actions = 0;
    *steps = kTaught;
    return SMFIS_CONTINUE;
  }
  // What the MTA does not send, it need not wait for. DATA is answered: else Postfix
  // sends its macros alone, and Nagle's algorithm holds back what follows. The end of
  // the headers is sent: libmilter knows no way from DATA to the end of a message that
  // has none, and would not answer.
  unsigned long wanted =
      SMFIP_NOBODY | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH;
  unsigned long edits = kActions;
  begin_conversation(context, true);
  if (const Conversation* conversation = conversation_of(context)) {
    if (!conversation->reads_headers()) {
      wanted |= SMFIP_NOHDRS;
      edits &= ~static_cast<unsigned long>(SMFIF_CHGHDRS);
    }
    if (!conversation->decides_at_mail()) wanted |= SMFIP_NR_MAIL;
  }
  *actions = offered_actions & edits;
  *steps = offered_steps & wanted;
  if ((offered_actions & SMFIF_SETSYMLIST) == 0) return SMFIS_CONTINUE;
  const auto ask = [&](int stage, const char* macros) {
    if (smfi_setsymlist(context, stage, const_cast<char*>(macros)) != MI_SUCCESS)
      report_milter_error("smfi_setsymlist");
  };
  ask(SMFIM_CONNECT, "j {client_port} {client_resolve} {daemon_addr} {if_addr}");
  ask(SMFIM_HELO, "{cert_subject}");
  ask(SMFIM_ENVFROM, "i {auth_type} {auth_authen} {mail_addr} {mail_mailer}");
  ask(SMFIM_ENVRCPT, "i {rcpt_addr} {rcpt_mailer}");
  ask(SMFIM_DATA, "i");
  ask(SMFIM_EOM, "i");
  return SMFIS_CONTINUE;
}

sfsistat on_connect(SMFICTX* context, char* name, _SOCK_ADDR* address) {
  return guarded(
      [&]() -> sfsistat {
        if (connection_of(context) == nullptr) begin_conversation(context, false);
        if (Conversation* conversation = conversation_of(context))
          conversation->connect(name == nullptr ? "" : name, address_of(address), ContextMacros(context));
        return SMFIS_NOREPLY;
      },
      SMFIS_NOREPLY);
}

sfsistat on_helo(SMFICTX* context, char* name) {
  return guarded(
      [&]() -> sfsistat {
        if (Conversation* conversation = conversation_of(context))
          conversation->helo(name == nullptr ? "" : name);
        return SMFIS_NOREPLY;
      },
      SMFIS_NOREPLY);
}

sfsistat answer(SMFICTX* context, const std::optional<Reply>& refusal) {
  return refusal ? refuse(context, *refusal) : static_cast<sfsistat>(SMFIS_CONTINUE);
}

// A connection whose start failed has no conversation: it is asked to try later.
template <typename Step>
sfsistat step(SMFICTX* context, Step body) noexcept {
  return guarded([&]() -> sfsistat {
    const MayWait counted;
    Conversation* conversation = conversation_of(context);
    if (conversation == nullptr || refusing) return SMFIS_TEMPFAIL;
    return body(*conversation, ContextMacros(context));
  });
}

// One that belongs to a message. Where the MTA has refused a message's content only,
// RCPT or DATA may follow; libmilter has said abort then. Put off at DATA, Postfix 3.7
// is spared the loss of its smtpd(8), which does not survive a second content.
template <typename Step>
sfsistat step_of_message(SMFICTX* context, Step body) noexcept {
  return step(context, [&](Conversation& conversation, const Macros& macros) -> sfsistat {
    static const ReplyTemplate kBeginAgain("Please begin this message again with MAIL",
                                           ReplyTemplate::Class::Temporary, "451 4.5.1", {});
    if (!conversation.in_transaction()) return refuse(context, kBeginAgain.render({}));
    return body(conversation, macros);
  });
}

std::string_view path_of(char** arguments) {
  return arguments == nullptr || arguments[0] == nullptr ? std::string_view()
                                                         : std::string_view(arguments[0]);
}

// "size=" and digits; 0 if it is not that.
std::int64_t announced_size(std::string_view word) {
  constexpr std::string_view kSize = "size=";
  if (!word.starts_with(kSize)) return 0;
  std::int64_t size = 0;
  const char* const end = word.data() + word.size();
  const auto [stop, error] = std::from_chars(word.data() + kSize.size(), end, size);
  return error == std::errc() && stop == end && size > 0 ? size : 0;
}

// What stands behind the path.
MailParameters parameters_of(char** arguments) {
  MailParameters out;
  if (arguments == nullptr || arguments[0] == nullptr) return out;
  for (char** next = arguments + 1; *next != nullptr; ++next) {
    const std::string word = ascii_lower(*next);
    if (word == "smtputf8") out.smtputf8 = true;
    if (out.size == 0) out.size = announced_size(word);
  }
  return out;
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
  return step(context, [&](Conversation& conversation, const Macros& macros) {
    const auto refusal = conversation.mail(path_of(arguments), parameters_of(arguments), macros);
    if (connection_of(context)->negotiated && !conversation.decides_at_mail())
      return static_cast<sfsistat>(SMFIS_NOREPLY);
    return answer(context, refusal);
  });
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  return step_of_message(context, [&](Conversation& conversation, const Macros& macros) {
    return answer(context, conversation.rcpt(path_of(arguments), macros));
  });
}

sfsistat on_data(SMFICTX* context) {
  return step_of_message(context, [&](Conversation& conversation, const Macros& macros) -> sfsistat {
    conversation.data(macros);
    return SMFIS_CONTINUE;
  });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  return guarded(
      [&]() -> sfsistat {
        if (Conversation* conversation = conversation_of(context)) conversation->header(name, value);
        return SMFIS_NOREPLY;
      },
      SMFIS_NOREPLY);
}

sfsistat on_end_of_headers(SMFICTX*) { return SMFIS_NOREPLY; }

sfsistat on_end_of_message(SMFICTX* context) {
  return step_of_message(context, [&](Conversation& conversation, const Macros& macros) -> sfsistat {
    Ending ending = conversation.end_of_message(macros);
    if (ending.refusal) return refuse(context, *ending.refusal);
    for (const int number : ending.forged_results)
      if (smfi_chgheader(context, const_cast<char*>("Authentication-Results"), number, nullptr) != MI_SUCCESS)
        report_milter_error("smfi_chgheader");
    // Each at the very top, the last one first, so that they end up in order and
    // above the MTA's own Received.
    for (auto header = ending.on_top.rbegin(); header != ending.on_top.rend(); ++header)
      if (smfi_insheader(context, 0, header->name.data(), header->value.data()) != MI_SUCCESS)
        report_milter_error("smfi_insheader");
    return SMFIS_CONTINUE;
  });
}

// Nobody waits for it, but the session's next command does.
constexpr Milliseconds kPatienceAtAbort{5000};

sfsistat on_abort(SMFICTX* context) {
  return guarded([&]() -> sfsistat {
    const MayWait counted;
    if (Conversation* conversation = conversation_of(context))
      conversation->abort(Deadline(kPatienceAtAbort));
    return SMFIS_CONTINUE;
  });
}

sfsistat on_close(SMFICTX* context) {
  return guarded([&]() -> sfsistat {
    const MayWait counted;
    close_conversation(context);
    return SMFIS_CONTINUE;
  });
}

}  // namespace

void install_runtime(std::shared_ptr<const Runtime> runtime) { current().set(std::move(runtime)); }

smfiDesc milter_description() {
  smfiDesc out{};
  static char name[] = "mailreeve";
  out.xxfi_name = name;
  out.xxfi_version = SMFI_VERSION;
  out.xxfi_flags = kActions;
  out.xxfi_connect = on_connect;
  out.xxfi_helo = on_helo;
  out.xxfi_envfrom = on_mail;
  out.xxfi_envrcpt = on_rcpt;
  out.xxfi_header = on_header;
  out.xxfi_eoh = on_end_of_headers;
  out.xxfi_eom = on_end_of_message;
  out.xxfi_abort = on_abort;
  out.xxfi_close = on_close;
  out.xxfi_data = on_data;
  out.xxfi_negotiate = on_negotiate;
  return out;
}

void teach_steps(std::uint32_t actions) { teacher = actions; }

WorkerSupply& worker_supply() { return supply(); }

void refuse_callbacks() { refusing = true; }
int callbacks_running() { return running; }
int connections_open() { return open_connections; }

}  // namespace mailreeve
