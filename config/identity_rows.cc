// SPDX-License-Identifier: BSD-2-Clause
// Options of identity: whose outbound message it is.
#include "config/option_rows.h"
#include "core/address.h"

namespace mailreeve {

namespace {

// Address knows what a domain is.
void check_realm(std::string_view text) {
  if (text.empty()) return;
  if (text.front() == '[' || Address::parse("user@" + std::string(text)).malformed())
    throw std::invalid_argument("must be a domain such as example.com, without \"@\"");
}

}  // namespace

std::vector<OptionRow> identity_rows() {
  return {
      checked(row(
                  "identity.from", "LIST", Takes::AtReload, [](auto& s) -> auto& { return s.identity.from; },
                  "What says whose outbound message it is: the first of these that is known.",
                  ".Cm auth_authen :\nthe name with which the client authenticated (SASL).\n"
                  ".Cm cert_subject :\nthe common name of a client certificate that the MTA trusts; a\n"
                  "certificate alone does not make mail outbound, as other sites have them, too:\n"
                  "the client must be in\n.Cm submission-networks .\n"
                  ".Cm sender :\nthe envelope's sender.\n"
                  ".Cm client_address :\nthe client's address, of IPv6 the network that\n"
                  ".Cm quota.ipv6-prefix\nmakes of it.\n"
                  "Names are compared without white space around them, in lower case (of Unicode),\n"
                  "in normalization form C, and domains as A-labels.\n"
                  "This name is the user whose quota is charged and whose senders are checked;\n"
                  "it stands in the log as\n.Dq user .\n"
                  "The chain of CHAPPS is\n.Dl auth_authen cert_subject sender client_address\n"
                  "It is not the default: clients of\n.Cm submission-networks\nneed not authenticate, and "
                  "choose their\nsender, and with it whose quota is charged and whose grants they have."),
              [](std::string_view text) {
                if (split_list(text).empty()) throw std::invalid_argument("must name one source at least");
              }),
      checked(row(
                  "identity.default-realm", "NAME", Takes::AtReload,
                  [](auto& s) -> auto& { return s.identity.default_realm; },
                  "What is appended with an @ to a login without one; empty: nothing.",
                  "With Cyrus SASL (sasldb), a client may log in as\n.Li alice\nor as\n.Li alice@NAME ,\n"
                  "where NAME is the realm of the account, and Postfix passes on what it typed.\n"
                  "Without this option these are two users, each with a quota and grants of its own;\n"
                  "under\n.Cm sender-auth.apply = listed ,\n"
                  "the one to which nothing is granted sends as anybody.\n"
                  "With it, grants and quotas are those of\n.Li alice@NAME .\n"
                  "Dovecot's\n.Cm auth_default_realm\ndoes the same before Postfix hears of the login."),
              check_realm),
      word_row(
          "identity.require", Takes::AtReload, [](auto& s) -> auto& { return s.identity.require; },
          "Whether outbound mail is refused of which no user is known.",
          "With\n.Li from = auth_authen ,\nclients in submission-networks must then authenticate, too.\n"
          "Mail of clients elsewhere that do not authenticate is inbound, and not refused by this."),
      reply_row(
          "identity.message", [](auto& s) -> auto& { return s.identity.message; },
          ReplyTemplate::Class::Permanent, "530 5.7.0", {}, "What a client without an identity is told.",
          "A 5xx reply, its enhanced status code and a text;\n.Cm {ref}\nis the reference in the log."),
  };
}

}  // namespace mailreeve
