// SPDX-License-Identifier: BSD-2-Clause
#include "milter/libmilter/callbacks.h"

#include <arpa/inet.h>
#include <netinet/in.h>

#include <array>
#include <atomic>
#include <cstring>
#include <exception>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>

#include "milter/mta_connection.h"

namespace mailreeve {

namespace {

// Set once, before the first connection, and never destroyed: callbacks may still run while
// the process ends.
Sessions* sessions = nullptr;
// None: libmilter makes something else of a 0.
std::atomic<unsigned long> teacher{0};
std::atomic<bool> taught{false};

// Never destroyed, for the same reason.
WorkerSupply& supply() {
  static auto* const instance = new WorkerSupply;
  return *instance;
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
  explicit Connection(bool by_negotiation) : served(*sessions), negotiated(by_negotiation) {}

  MtaConnection served;
  // Begun with the negotiation. The MTA may also go on to another client (QUIT_NC)
  // without one: what was agreed before is not known then.
  const bool negotiated;
};

// Null if the MTA never told of a connection.
Connection* connection_of(SMFICTX* context) { return static_cast<Connection*>(smfi_getpriv(context)); }

void report_milter_error(const char* call) {
  sessions->report(Event::MilterError, {{"call", std::string_view(call)}});
}

// The only place that sets a reply, and always right before it is used: libmilter
// keeps a reply for whatever fails later.
sfsistat status_of(SMFICTX* context, const Answer& answer) {
  if (answer.kind == Answer::Kind::Continue) return SMFIS_CONTINUE;
  if (answer.kind == Answer::Kind::TryLater) return SMFIS_TEMPFAIL;
  std::string code = std::to_string(answer.reply->code());
  std::string enhanced = answer.reply->enhanced();
  std::string text = escaped_text(*answer.reply);
  if (smfi_setreply(context, code.data(), enhanced.data(), text.data()) != MI_SUCCESS)
    report_milter_error("smfi_setreply");
  return answer.reply->permanent() ? SMFIS_REJECT : SMFIS_TEMPFAIL;
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

void close_connection(SMFICTX* context) {
  const Connection* connection = connection_of(context);
  if (connection == nullptr) return;
  smfi_setpriv(context, nullptr);
  delete connection;
}

// A connection whose start failed has no conversation: its commands are put off.
void begin_connection(SMFICTX* context, bool negotiated) noexcept {
  try {
    close_connection(context);
    auto connection = std::make_unique<Connection>(negotiated);
    if (smfi_setpriv(context, connection.get()) != MI_SUCCESS)
      throw std::runtime_error("smfi_setpriv failed");
    // libmilter's from here on, until close_connection().
    (void)connection.release();
  } catch (const std::exception& error) {
    sessions->report(Event::Bug, {{"error", std::string_view(error.what())}});
  }
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
  taught.wait(false);
  // What the MTA does not send, it need not wait for. DATA is answered: else Postfix
  // sends its macros alone, and Nagle's algorithm holds back what follows. The end of
  // the headers is sent: libmilter knows no way from DATA to the end of a message that
  // has none, and would not answer.
  unsigned long wanted =
      SMFIP_NOBODY | SMFIP_NOUNKNOWN | SMFIP_NR_CONN | SMFIP_NR_HELO | SMFIP_NR_HDR | SMFIP_NR_EOH;
  unsigned long edits = kActions;
  begin_connection(context, true);
  if (const Connection* connection = connection_of(context)) {
    const Terms& terms = connection->served.terms();
    if (terms.no_headers) {
      wanted |= SMFIP_NOHDRS;
      edits &= ~static_cast<unsigned long>(SMFIF_CHGHDRS);
    }
    if (terms.no_answer_at_mail) wanted |= SMFIP_NR_MAIL;
  }
  *actions = offered_actions & edits;
  *steps = offered_steps & wanted;
  if ((offered_actions & SMFIF_SETSYMLIST) == 0) return SMFIS_CONTINUE;
  for (const auto& [stage, names] : kWantedMacros)
    if (smfi_setsymlist(context, stage, const_cast<char*>(names)) != MI_SUCCESS)
      report_milter_error("smfi_setsymlist");
  return SMFIS_CONTINUE;
}

sfsistat on_connect(SMFICTX* context, char* name, _SOCK_ADDR* address) {
  if (connection_of(context) == nullptr) begin_connection(context, false);
  if (Connection* connection = connection_of(context))
    connection->served.connect(name == nullptr ? "" : name, address_of(address), ContextMacros(context));
  return SMFIS_NOREPLY;
}

sfsistat on_helo(SMFICTX* context, char* name) {
  if (Connection* connection = connection_of(context)) connection->served.helo(name == nullptr ? "" : name);
  return SMFIS_NOREPLY;
}

template <typename Step>
sfsistat step(SMFICTX* context, Step body) noexcept {
  const MayWait counted;
  Connection* connection = connection_of(context);
  if (connection == nullptr) return SMFIS_TEMPFAIL;
  try {
    return status_of(context, body(connection->served, ContextMacros(context)));
  } catch (const std::exception& error) {
    sessions->report(Event::Bug, {{"error", std::string_view(error.what())}});
    return SMFIS_TEMPFAIL;
  }
}

std::string_view path_of(char** arguments) {
  return arguments == nullptr || arguments[0] == nullptr ? std::string_view()
                                                         : std::string_view(arguments[0]);
}

// What stands behind the path.
MailParameters parameters_of(char** arguments) {
  MailParameters out;
  if (arguments == nullptr || arguments[0] == nullptr) return out;
  for (char** next = arguments + 1; *next != nullptr; ++next) read_parameter(*next, out);
  return out;
}

sfsistat on_mail(SMFICTX* context, char** arguments) {
  const sfsistat status = step(context, [&](MtaConnection& served, const Macros& macros) {
    return served.mail(path_of(arguments), parameters_of(arguments), macros);
  });
  const Connection* connection = connection_of(context);
  const bool silent =
      connection != nullptr && connection->negotiated && connection->served.terms().no_answer_at_mail;
  return status == SMFIS_CONTINUE && silent ? static_cast<sfsistat>(SMFIS_NOREPLY) : status;
}

sfsistat on_rcpt(SMFICTX* context, char** arguments) {
  return step(context, [&](MtaConnection& served, const Macros& macros) {
    return served.rcpt(path_of(arguments), macros);
  });
}

sfsistat on_data(SMFICTX* context) {
  return step(context, [](MtaConnection& served, const Macros& macros) { return served.data(macros); });
}

sfsistat on_header(SMFICTX* context, char* name, char* value) {
  if (Connection* connection = connection_of(context)) connection->served.header(name, value);
  return SMFIS_NOREPLY;
}

sfsistat on_end_of_headers(SMFICTX* context) {
  if (Connection* connection = connection_of(context)) connection->served.content();
  return SMFIS_NOREPLY;
}

void edit(SMFICTX* context, Ending& ending) {
  for (const int number : ending.forged_results)
    if (smfi_chgheader(context, const_cast<char*>("Authentication-Results"), number, nullptr) != MI_SUCCESS)
      report_milter_error("smfi_chgheader");
  // Each at the very top, the last one first, so that they end up in order and
  // above the MTA's own Received.
  for (auto header = ending.on_top.rbegin(); header != ending.on_top.rend(); ++header)
    if (smfi_insheader(context, 0, header->name.data(), header->value.data()) != MI_SUCCESS)
      report_milter_error("smfi_insheader");
}

sfsistat on_end_of_message(SMFICTX* context) {
  return step(context, [&](MtaConnection& served, const Macros& macros) {
    Ending ending;
    Answer answer = served.end_of_message(macros, ending);
    if (answer.kind == Answer::Kind::Continue) edit(context, ending);
    return answer;
  });
}

sfsistat on_abort(SMFICTX* context) {
  const MayWait counted;
  if (Connection* connection = connection_of(context)) connection->served.abort();
  return SMFIS_CONTINUE;
}

sfsistat on_close(SMFICTX* context) {
  const MayWait counted;
  close_connection(context);
  return SMFIS_CONTINUE;
}

}  // namespace

void serve_through_libmilter(Sessions& served) { sessions = &served; }

Sessions& libmilter_sessions() { return *sessions; }

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

void end_lesson() {
  teacher = 0;
  taught = true;
  taught.notify_all();
}

WorkerSupply& worker_supply() { return supply(); }

}  // namespace mailreeve
