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
                  "Sources of the user of an outbound message; the first one that is known applies.",
                  ".Cm auth_authen :\nthe name with which the client authenticated (SASL).\n"
                  ".Cm cert_subject :\n"
                  "the common name of a client certificate that the MTA trusts; since clients of other "
                  "sites have certificates, too, a certificate alone does not make mail outbound: the "
                  "client must be in\n.Cm submission-networks .\n.Cm sender :\nthe envelope sender.\n"
                  ".Cm client_address :\nthe client's address; of an IPv6 address, the network that\n"
                  ".Cm quota.ipv6-prefix\nsays.\n"
                  "Names are compared without surrounding whitespace, in lower case (of Unicode), in "
                  "normalization form C, and with domains as A-labels. The name is the user whose quota "
                  "is charged and whose senders are checked; it is in the log as\n.Dq user .\n"
                  "CHAPPS uses\n.Dl auth_authen cert_subject sender client_address\n"
                  "This is not the default: clients in\n.Cm submission-networks\n"
                  "need not authenticate, and choose their sender, and thereby the user whose quota is "
                  "charged and whose grants apply."),
              [](std::string_view text) {
                if (split_list(text).empty()) throw std::invalid_argument("must name one source at least");
              }),
      checked(row(
                  "identity.default-realm", "NAME", Takes::AtReload,
                  [](auto& s) -> auto& { return s.identity.default_realm; },
                  "Realm to append, after an @, to a login without one; empty: none.",
                  "With Cyrus SASL (sasldb), a client may log in as\n.Li alice\nor as\n.Li alice@NAME ,\n"
                  "where NAME is the realm of the account, and Postfix passes on the name as it was "
                  "entered. Without this option these are two users, each with its own quota and grants; "
                  "under\n.Cm sender-auth.apply = listed ,\n"
                  "the one without grants may send as anybody. With this option, both have the grants and "
                  "quota of\n.Li alice@NAME .\nDovecot's\n.Cm auth_default_realm\n"
                  "does the same before Postfix sees the login."),
              check_realm),
      word_row(
          "identity.require", Takes::AtReload, [](auto& s) -> auto& { return s.identity.require; },
          "Refuse outbound mail without a known user.",
          "With\n.Li from = auth_authen ,\n"
          "clients in submission-networks must then authenticate, too. Mail of other clients that "
          "do not authenticate is inbound, and this option does not refuse it."),
      reply_row(
          "identity.message", [](auto& s) -> auto& { return s.identity.message; },
          ReplyTemplate::Class::Permanent, "530 5.7.0", {}, "Reply to a client without an identity.",
          "A 5xx reply, its enhanced status code and a text;\n.Cm {ref}\n"
          "is the reference in the log."),
  };
}

}  // namespace mailreeve
