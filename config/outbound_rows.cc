// SPDX-License-Identifier: BSD-2-Clause
// Options of the policies for outbound mail, of the message log, and of
// notifications.
#include "config/option_rows.h"
#include "core/address.h"

namespace mailreeve {

namespace {

using std::chrono::hours;
constexpr Seconds kDay = hours(24);

void check_default_quota(std::string_view text) {
  if (text != "refuse" && text != "unlimited") parse_limits(text, {});
}

// Address knows what a domain is.
void check_realm(std::string_view text) {
  if (text.empty()) return;
  if (text.front() == '[' || Address::parse("user@" + std::string(text)).malformed())
    throw std::invalid_argument("must be a domain such as example.com, without \"@\"");
}

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
      row(
          "identity.require", "yes|no", Takes::AtReload, [](auto& s) -> auto& { return s.identity.require; },
          "Whether outbound mail is refused of which no user is known.",
          "With\n.Li from = auth_authen ,\nclients in submission-networks must then authenticate, too.\n"
          "Mail of clients elsewhere that do not authenticate is inbound, and not refused by this."),
      reply_row(
          "identity.message", [](auto& s) -> auto& { return s.identity.message; },
          ReplyTemplate::Class::Permanent, "530 5.7.0", {}, "What a client without an identity is told.",
          "A 5xx reply, its enhanced status code and a text;\n.Cm {ref}\nis the reference in the log."),
  };
}

std::vector<OptionRow> sender_auth_rows() {
  return {
      row(
          "sender-auth.apply", "all|listed|never", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.apply; }, "Whose envelope senders are checked.",
          ".Cm all :\nevery user's; one to whom nothing is granted sends nothing.\n"
          ".Cm listed :\nthose of users to whom\n.Xr mailreevectl 8\nhas granted anything.\n"
          "A user may use the addresses and domains that are granted to it or to the user\n.Li * ,\n"
          "also with a\n.Li +extension ;\n.Li .example.com\ngrants all domains below example.com, and\n.Li "
          "*\n"
          "everything.\nA sender that is no address is refused.\n"
          ".Cm listed\nis no protection where one account may log in by several spellings: by one to which\n"
          "nothing is granted it sends as anybody.\n"
          "Set\n.Cm identity.default-realm ,\nor use\n.Cm all ."),
      row(
          "sender-auth.mode", "enforce|monitor", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      row(
          "sender-auth.null-sender", "allow|refuse", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.null_sender; },
          "Whether users may send with the null sender: bounces and receipts."),
      row(
          "sender-auth.own-address", "yes|no", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.own_address; },
          "Whether a user whose name is a mail address may use that without a grant.",
          "The name must come from\n.Cm auth_authen\nor\n.Cm cert_subject ;\n"
          "one that is the envelope's sender grants nothing, since the client chooses it."),
      row(
          "sender-auth.check-from", "no|log|refuse", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.check_from; },
          "Whether the addresses in From: are checked as well.",
          "Every address in it must be one that the user may send as. With\n.Cm refuse ,\n"
          "a From: that cannot be read is refused, too. Headers are then asked of the MTA."),
      reply_row(
          "sender-auth.message", [](auto& s) -> auto& { return s.sender_auth.message; },
          ReplyTemplate::Class::Permanent, "550 5.7.1", {"sender", "user"},
          "What a client is told that may not use this sender.",
          "A 5xx reply, its enhanced status code and a text, in which\n.Cm {sender}\nand\n.Cm {user}\n"
          "may be used, and\n.Cm {ref}\nfor the reference in the log."),
      row(
          "sender-auth.on-failure", "accept|defer", Takes::AtReload,
          [](auto& s) -> auto& { return s.sender_auth.on_failure; },
          "What becomes of outbound mail while the policy database does not answer.",
          "What was asked lately is still known then, see\n.Cm policy-db.stale-ttl ."),
  };
}

std::vector<OptionRow> quota_rows() {
  return {
      row(
          "quota.apply", "all|never", Takes::AtReload, [](auto& s) -> auto& { return s.quota.apply; },
          "Whether outbound mail is counted and limited."),
      row(
          "quota.mode", "enforce|monitor", Takes::AtReload, [](auto& s) -> auto& { return s.quota.mode; },
          "With monitor, this policy's refusals are logged and not carried out."),
      checked(
          row(
              "quota.default", "refuse|unlimited|LIMITS", Takes::AtReload,
              [](auto& s) -> auto& { return s.quota.otherwise; },
              "The quota of users who have none in the policy database, nor has their domain, nor everybody.",
              "LIMITS are one or more of\n"
              ".Sm off\n.Op Cm recipients\\&: | Cm messages\\&:\n.Ar NUMBER\n.Op Cm / Ar WINDOW\n.Sm on\n"
              "that all hold at once, for example\n.Li 100/1h 1000/24h messages:500/day .\n"
              "A window is a duration, which slides, or\n.Cm day ,\nwhich restarts at\n.Cm reset-at .\n"
              "A sliding window is counted in 60 parts: never more than the limit is sent in any such\n"
              "span of time, and what was sent is forgotten up to a 60th of the window late."),
          check_default_quota),
      row(
          "quota.counting", "recipients|messages|both", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.counting; }, "What a limit counts that does not say.",
          ".Cm both :\neach of them, by itself."),
      between(
          row(
              "quota.window", "DURATION", Takes::AtReload, [](auto& s) -> auto& { return s.quota.window; },
              "The window of a limit that does not say, such as the plain numbers of CHAPPS."),
          Seconds(60), 366 * kDay),
      row(
          "quota.reset", "sliding|daily", Takes::AtReload, [](auto& s) -> auto& { return s.quota.reset; },
          "With daily, the window of a limit that does not say is the day."),
      {"quota.reset-at", "HH:MM", true, "When a day begins that limits count, in local time.", "",
       [](Settings& s, std::string_view text) { read_time_of_day(text, s.quota.reset_at); },
       [](const Settings& s) { return write_time_of_day(s.quota.reset_at); }},
      row(
          "quota.margin", "NUMBER|PERCENT%", Takes::AtReload, [](auto& s) -> auto& { return s.quota.margin; },
          "By how much a message that begins below a limit may exceed it.",
          "A whole number of what is counted, or a percentage of the limit, rounded down:\n.Li 10\nor\n"
          ".Li 10% ."),
      between(row(
                  "quota.min-interval", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.min_interval; },
                  "Least time between two messages of a user; 0: none.",
                  "Who is faster gets 450 4.7.28 and the seconds to wait, whatever\n.Cm over\nsays."),
              Seconds(0), Seconds(hours(1))),
      between(row(
                  "quota.ipv6-prefix", "BITS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.quota.ipv6_prefix; },
                  "How many leading bits of an IPv6 address make the user, if that is the client's address.",
                  "An IPv6 client has a whole network to send from, usually a /64; such a user is\nshown as\n"
                  ".Li 2001:db8:1:2::/64 .\nWith 128, each address is a user, shown without the prefix."),
              1U, 128U),
      row(
          "quota.count-refused", "yes|no", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.count_refused; },
          "Whether messages over quota, or too soon after another, count as if they had been sent.",
          "As in CHAPPS and PolicydRateGuard: who goes on trying stays over quota.\n"
          "Nothing is refused at MAIL then, since the recipients are counted."),
      row(
          "quota.over", "defer|reject", Takes::AtReload, [](auto& s) -> auto& { return s.quota.over; },
          "What becomes of a message over quota.",
          "With\n.Cm defer ,\nthe client may send it when there is room again.\n"
          "A message that can never pass, because it has more recipients than a limit and its margin,\n"
          "or because the limit is 0, is refused with 550 5.7.28 and both numbers in any case."),
      row(
          "quota.message", "[CODE [ENHANCED]] TEXT", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.message; }, "What a client is told that is over quota.",
          "Codes left out are 450 4.7.28, or 550 5.7.28 with\n.Cm over = reject .\n"
          "In the text,\n.Cm {user} , {limit} , {used} , {window}\nand\n.Cm {recipients}\n"
          "(of this message) may be used,\n.Cm {release}\n"
          "for the seconds after which as much could be sent (0: unknown), and\n.Cm {ref}\n"
          "for the reference in the log."),
      row(
          "quota.on-failure", "accept|defer|local", Takes::AtReload,
          [](auto& s) -> auto& { return s.quota.on_failure; },
          "What becomes of outbound mail while the state store or policy database does not answer.",
          ".Cm local :\nwhile the state store does not, quotas are counted in\n.Cm state.local ,\n"
          "by each host for itself and from nothing; otherwise it is as\n.Cm accept .\n"
          "A reload can turn to it only if the daemon was started with it here or in\n"
          ".Cm greylist.on-failure ."),
  };
}

std::vector<OptionRow> message_rows() {
  return {
      row(
          "messages.log", "no|outbound|all", Takes::AtReload, [](auto& s) -> auto& { return s.messages.log; },
          "Which messages are written to the policy database's table of messages.",
          "For each message: when, by whom, from where, to how many recipients, the size that the client\n"
          "announced (0: it did not), and what became of it. In monitor mode, that is pass.\n"
          ".Dl mailreevectl messages\nshows them. They are written in the background: a slow database "
          "delays\n"
          "no mail, and what it cannot take, or what there is no table for, is dropped and counted in the "
          "log."),
      row(
          "messages.addresses", "yes|no", Takes::AtReload,
          [](auto& s) -> auto& { return s.messages.addresses; },
          "Whether the recipients' addresses are written as well, not only their number."),
      between(row(
                  "messages.retention", "DAYS", Takes::AtReload,
                  [](auto& s) -> auto& { return s.messages.retention; },
                  "After how many days messages are removed from the table; 0: never."),
              0U, 36500U),
  };
}

std::vector<OptionRow> notify_rows() {
  return {
      row(
          "notify.webhook-url", "URL", Takes::AtReload, [](auto& s) -> auto& { return s.notify.webhook_url; },
          "Where to POST notifications; empty: nowhere.", "See\n.Sx NOTIFICATIONS\nin\n.Xr mailreeve 8 ."),
      row(
          "notify.webhook-token", "none|simple|jwt", Takes::AtReload,
          [](auto& s) -> auto& { return s.notify.webhook_token; },
          "What proves to the receiver that the notification is ours.",
          "The tokens of PolicydRateGuard, made of the secret in\n.Cm webhook-secret-file ."),
      checked(row(
                  "notify.webhook-secret-file", "PATH", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.webhook_secret_file; },
                  "File that holds the secret for tokens and signatures; empty: none.",
                  "The daemon reads it at the start and at each reload; see\n.Sx SECRET FILES ."),
              check_absolute_or_empty),
      row(
          "notify.command", "COMMAND", Takes::AtReload, [](auto& s) -> auto& { return s.notify.command; },
          "Program to run for each notification, with its arguments; empty: none.",
          "An absolute path. No shell is involved. It gets the notification as JSON on its standard input."),
      row(
          "notify.mail-to", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_to; },
          "Who gets notifications by mail; empty: nobody."),
      row(
          "notify.mail-from", "ADDRESS", Takes::AtReload, [](auto& s) -> auto& { return s.notify.mail_from; },
          "What stands in From: of such mail. Its envelope's sender is null."),
      row(
          "notify.sendmail", "smtp://HOST:PORT|PATH", Takes::AtReload,
          [](auto& s) -> auto& { return s.notify.sendmail; },
          "The SMTP server or program that takes such mail.",
          "Without\n.Cm :PORT\nit is port 25;\n.Cm smtp://\nalone is this host. There is no TLS and no "
          "login, so "
          "it should be an MTA on this host. An absolute path is a program that is called like\n.Xr sendmail "
          "1 .\n"
          "The service as shipped works with a server only: it may not run the set-group-ID programs of "
          "Postfix "
          "and Sendmail."),
      between(row(
                  "notify.timeout", "DURATION", Takes::AtReload,
                  [](auto& s) -> auto& { return s.notify.timeout; }, "Longest time for one attempt."),
              Milliseconds(100), Milliseconds(600 * 1000)),
      between(
          row(
              "notify.give-up", "DURATION", Takes::AtReload,
              [](auto& s) -> auto& { return s.notify.give_up; }, "How long a notification is tried again."),
          Milliseconds(1000), Milliseconds(30 * kDay)),
      row(
          "notify.spool", "DIRECTORY", Takes::AtStart, [](auto& s) -> auto& { return s.notify.spool; },
          "Where notifications wait that have not been delivered.",
          "One file for each. The directory is made if something is to be notified."),
  };
}

}  // namespace

std::vector<OptionRow> outbound_rows() {
  std::vector<OptionRow> out;
  for (auto* rows : {identity_rows, sender_auth_rows, quota_rows, message_rows, notify_rows})
    for (auto& each : rows()) out.push_back(std::move(each));
  return out;
}

}  // namespace mailreeve
