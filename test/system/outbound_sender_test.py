#!/usr/bin/python3
# SPDX-License-Identifier: BSD-2-Clause
"""Who may send as whom, and whose message it is, behind a real Postfix with SASL."""

import smtp
from harness import Suite, check, check_equal, wait_until
from submission import PolicyFile, Receiver, SubmissionSite, check_not_allowed, check_over, check_sent, recipients, tool

suite = Suite()
TO = "someone@example.net"
# The grants of alice in these tests, and what follows from them.
GRANTS = ("example.org", ".example.net", "bob@example.com")
ALLOWED = ("anybody@example.org", "ANYBODY@Example.ORG", "a@b.example.net", "bob@example.com", "bob+x@example.com", "")
REFUSED = ("carol@example.com", "a@example.net", "a@sub.example.org", "a@notexample.org", "a@example.org.example",
           "bob@example.com.example", "bobx@example.com", "+x@example.com", "a@b@example.com", "@example.net",
           "carol%example.org@example.com", '"a@example.org"@example.com',
           # Postfix reads comments: carol@example.com, the null sender.
           'carol(")@example.com("(@example.org', 'bob+(")@example.net("(@example.com', "(@example.org",
           '"carol"@example.com"@example.org')


def check_senders(session):
    for sender in ALLOWED:
        check_sent(smtp.attempt(session, sender, [TO]), f"<{sender}>")
    for sender in REFUSED:
        reply = session.command(f"MAIL FROM:<{sender}>")
        check(not reply.accepted, f"<{sender}>: {reply}")
        session.command("RSET")


@suite.scenario("one who has authenticated by SASL sends as what is granted, and as nobody else")
def by_sasl(bench, site):
    daemon = site.daemon(bench)
    PolicyFile(daemon).allow("alice", *GRANTS)
    with site.login("alice") as session:
        check_senders(session)
    reply = site.send("alice", "carol@example.com", TO).mail
    check_not_allowed(reply, "somebody else's address")
    check(reply.text.startswith("5.7.1 You may not send mail as carol@example.com ("), f"the text: {reply}")


@suite.scenario("one whose login a proxy passes on by XCLIENT is held to the same")
def by_xclient(bench, site):
    daemon = site.daemon(bench)
    for grant in GRANTS:
        tool(daemon, "allow", "alice", grant, "--create")
    with site.postfix.session(login="alice") as session:
        check_senders(session)
    check_equal(daemon.verdicts(sender="carol@example.com")[0]["client"], "192.0.2.7", "the client")


@suite.scenario("who has not authenticated has none of a user's rights, and is inbound")
def not_authenticated(bench, site):
    daemon = site.daemon(bench, {"sender-auth.apply": "all"})
    PolicyFile(daemon).allow("alice", *GRANTS)
    tried = site.postfix.attempt("anybody@example.org", TO)
    check_equal(tried.rcpt[0].code, 451, f"greylisting: {tried.rcpt[0]}")
    check_equal({verdict["direction"] for verdict in daemon.verdicts()}, {"inbound"}, "directions")
    wrong = site.postfix.session(client=None)
    check_equal(wrong.authenticate("alice", "a wrong password").code, 535, "a wrong password")
    check_equal(smtp.attempt(wrong, "anybody@example.org", ["postmaster@example.net"]).message.accepted, True,
                "mail after a failed authentication")
    check_equal(daemon.verdicts()[-1]["direction"], "inbound", "its direction")
    wrong.close()


@suite.scenario("one who logs in with or without the realm of sasldb has one quota and the same grants")
def two_spellings(bench, site):
    logins = ("alice", "alice@mx.example.net")
    daemon = site.daemon(bench, {"identity.default-realm": "mx.example.net", "quota.default": "2/1h"})
    PolicyFile(daemon).allow("alice@mx.example.net", "example.org")
    for login in logins:
        check_not_allowed(site.send(login, "ceo@example.com", TO).mail, f"not hers, as {login}")
        check_sent(site.send(login, "a@example.org", TO), f"as {login}")
    for login in logins:
        check_over(site.send(login, "a@example.org", TO).mail, f"a third one, as {login}")
    check_equal({(verdict["login"], verdict["user"]) for verdict in daemon.verdicts()},
                {(login, "alice@mx.example.net") for login in logins}, "logins as typed, and their user")


@suite.scenario("a user whose name is an address may use it without a grant, and own-address = no ends that")
def own_address(bench, site):
    daemon = site.daemon(bench, {"sender-auth.apply": "all"})
    check_sent(site.send("bob@example.com", "bob@example.com", TO), "his own address")
    check_not_allowed(site.send("bob@example.com", "carol@example.com", TO).mail, "another's")
    daemon.configure({"sender-auth.own-address": "no"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    check_not_allowed(site.send("bob@example.com", "bob@example.com", TO).mail, "his own address with own-address = no")


@suite.scenario("apply = listed leaves alone who has no grants, apply = all refuses him")
def listed(bench, site):
    daemon = site.daemon(bench)
    check_sent(site.send("alice", "anybody@example.biz", TO), "one without grants")
    daemon.configure({"sender-auth.apply": "all"})
    daemon.reload()
    check_not_allowed(site.send("alice", "anybody@example.biz", TO).mail, "one without grants, apply = all")


@suite.scenario("null-sender = refuse refuses the null sender")
def null_sender(bench, site):
    daemon = site.daemon(bench, {"sender-auth.null-sender": "refuse"})
    PolicyFile(daemon).allow("alice", *GRANTS)
    check_not_allowed(site.send("alice", "", TO).mail, "the null sender")
    check_equal(daemon.verdicts(reason="null-sender")[-1]["sender"], "<>", "the logged sender")


@suite.scenario("the first unauthorized sender is notified, the second is not, and monitor mode lets both pass")
def monitored(bench, site):
    receiver = Receiver(bench)
    daemon = site.daemon(bench, {"sender-auth.mode": "monitor", **receiver.options})
    PolicyFile(daemon).allow("alice", *GRANTS)
    for sender in ("ceo@example.com", "cfo@example.com"):
        check_sent(site.send("alice", sender, TO), sender)
        verdict = daemon.verdicts(policy="sender-auth", sender=sender)[0]
        check_equal((verdict["verdict"], verdict["code"], verdict["mode"]), ("reject", "550", "monitor"), f"{verdict}")
    check_equal(len(site.delivered("ceo@example.com")), 1, "messages that left")
    heard = [one["body"] for one in receiver.settled(daemon)]
    check_equal([(one["event"], one["sender"], one["from_addr"]) for one in heard],
                [("unauthorized-sender", "alice", "ceo@example.com")], "notifications")


@suite.scenario("check-from = refuse refuses another's From: when the message ends, and gives the quota back")
def check_from(bench, site):
    daemon = site.daemon(bench, {"sender-auth.check-from": "refuse", "quota.default": "1/1h"})
    PolicyFile(daemon).allow("alice", "alice@example.com")
    with site.login("alice") as session:
        for header in ("From: <ceo@example.com>", "From: alice@example.com, <ceo@example.com>",
                       "From: alice@example.com\r\nFrom: ceo@example.com",
                       "From: =?utf-8?q?alice=40example.com?= <ceo@example.com>",
                       "From: \"alice@example.com\"\r\n <ceo@example.com>", "From: nobody at all"):
            tried = smtp.attempt(session, "alice@example.com", [TO], header=header)
            check(tried.rcpt[0].accepted, f"{header}: {tried.rcpt}")
            check_not_allowed(tried.message, header)
        check_sent(smtp.attempt(session, "alice@example.com", [TO], header="From: Alice <Alice+x@example.com>"), "hers")
        check_over(smtp.attempt(session, "alice@example.com", [TO]).mail, "the next one")
    check_equal(len(site.delivered("alice@example.com")), 1, "messages that left")


@suite.scenario("internationalized senders and users are the same in U-labels and A-labels")
def international(bench, site):
    daemon = site.daemon(bench, {"identity.from": "auth_authen sender", "submission-networks": "192.0.2.0/24"})
    database = PolicyFile(daemon)
    database.allow("alice", "bücher.example", "grüße@example.org")
    database.give_quota("user@bücher.example", 1)
    for sender in ("a@bücher.example", "a@BÜCHER.example", "a@xn--bcher-kva.example", "grüße@example.org"):
        check_sent(site.send("alice", sender, TO, mail_parameters=" SMTPUTF8"), sender)
    for sender in ("a@buecher.example", "gruesse@example.org", "grüsse@example.org"):
        check_not_allowed(site.send("alice", sender, TO, mail_parameters=" SMTPUTF8").mail, sender)
    first = site.postfix.attempt("User@Bücher.example", "пример@example.net", mail_parameters=" SMTPUTF8")
    check_sent(first, "a quota of one, as U-label")
    check_over(site.postfix.attempt("user@xn--bcher-kva.example", TO).mail, "the same user, as A-label")
    check_equal(site.sink.message(first.token).recipients, ["пример@example.net"], "the recipient")


@suite.scenario("a client of submission-networks is known by its address, of IPv6 its network")
def by_address(bench, site):
    daemon = site.daemon(bench, {"identity.from": "auth_authen client_address", "quota.default": "2/1h",
                                 "submission-networks": "192.0.2.0/24 2001:db8::/32"})
    for client, other, user in (("192.0.2.7", "192.0.2.7", "192.0.2.7"),
                                ("2001:db8::7", "2001:db8::8:9:a:b", "2001:db8::/64")):
        check_sent(site.postfix.attempt("a@example.com", *recipients(2), client=client), f"two recipients from {client}")
        check_over(site.postfix.attempt("b@example.com", TO, client=other).mail, f"a third from {other}")
        check_equal({verdict["user"] for verdict in daemon.verdicts(client=other)}, {user}, "its user")
        check_equal(tool(daemon, "quota", "show", other)["user"], user, "whom mailreevectl shows")
    check_sent(site.postfix.attempt("a@example.com", TO, client="2001:db8:0:1::7"), "another client")
    daemon.configure({"quota.ipv6-prefix": "128"})
    check_equal(daemon.reload()["event"], "reloaded", "the reload")
    check_sent(site.postfix.attempt("a@example.com", TO, client="2001:db8::7"), "an address alone, with 128")
    check_equal({verdict["user"] for verdict in daemon.verdicts(client="2001:db8::7")}, {"2001:db8::/64", "2001:db8::7"},
                "its users")
    check_equal(site.postfix.attempt("a@example.com", TO, client="2001:db9::7").rcpt[0].code, 451, "one outside")


@suite.scenario("1000 recipients in one message are charged as one thousand")
def one_thousand(bench, site):
    daemon = site.daemon(bench, {"quota.default": "1999/1h", "messages.addresses": "yes"})
    check_sent(site.send("alice", "thousand@example.com", *recipients(1000)), "1000 recipients")
    check_equal([len(message) for message in site.delivered("thousand@example.com")], [1000], "recipients that got it")
    refused = site.send("alice", "thousand@example.com", *recipients(1000)).message
    check_over(refused, "1000 more on a quota of 1999")
    table = PolicyFile(daemon)
    rows = wait_until(lambda: len(table.messages()) == 2 and table.messages("recipients, addresses"), "two rows")
    check_equal(rows[0], (1000, " ".join(recipients(1000))), "the row")


@suite.scenario("mail of sendmail(1) is refused when it ends: 550 returns it, 450 keeps it until the quota has room")
def non_smtp(bench, site):
    daemon = site.daemon(bench, {"submission-networks": "127.0.0.0/8 ::1", "quota.default": "3/1h",
                                 "sender-auth.apply": "all"})
    for client in ("127.0.0.1", "::1"):
        PolicyFile(daemon).allow(client, "example.com")

    def submit(sender):
        site.postfix.submit(sender, recipients(3), "From: somebody@example.org\n\nText.\n")

    submit("cron@example.com")
    check_equal(len(site.delivered("cron@example.com")[0]), 3, "recipients that got it")
    submit("cron@elsewhere.example")
    wait_until(lambda: daemon.verdicts(sender="cron@elsewhere.example", verdict="reject"), "it is refused")
    check_equal(site.delivered("cron@elsewhere.example"), [], "what left in another's name")
    check_equal(["undelivered" in message.raw.decode().lower() for message in site.sink.messages()
                 if message.recipients == ["cron@elsewhere.example"]], [True], "what went back")
    submit("late@example.com")
    wait_until(lambda: daemon.verdicts(sender="late@example.com", policy="quota", verdict="defer"), "it is deferred")
    daemon.advance(3600 + 61)
    submit("later@elsewhere.example")  # wakes pickup(8)
    check_equal([len(to) for to in site.delivered("late@example.com")], [3], "recipients that got it an hour later")


@suite.scenario("mail of sendmail(1) that can never pass goes back to its sender, and is not tried for ever")
def never(bench, site):
    daemon = site.daemon(bench, {"submission-networks": "127.0.0.0/8 ::1", "quota.default": "3/1h",
                                 "sender-auth.apply": "never"})
    cases = [("many@example.com", "4 recipients, and your limit is 3 in 1h")]
    site.postfix.submit(cases[0][0], recipients(4), "Text.\n")
    wait_until(lambda: daemon.verdicts(sender=cases[0][0], verdict="reject"), "it is refused")
    check_equal(site.delivered(cases[0][0]), [], "what left")
    for client in ("127.0.0.1", "::1"):
        tool(daemon, "user", "add", client)
    tool(daemon, "quota", "add", "nothing", "0")
    for client in ("127.0.0.1", "::1"):
        tool(daemon, "set-quota", client, "nothing")
    cases.append(("none@example.com", "limit is 0 in 24h: you cannot send mail"))
    site.postfix.submit(cases[1][0], recipients(1), "Text.\n")
    for sender, words in cases:
        check_equal(site.delivered(sender), [], f"what left of {sender}")
        bounces = [message.raw.decode() for message in site.sink.messages() if message.recipients == [sender]]
        check_equal(len(bounces), 1, f"bounces to {sender}")
        check(words in " ".join(bounces[0].split()), f"{words}: {bounces[0]}")


if __name__ == "__main__":
    suite.run([SubmissionSite.required], SubmissionSite)
